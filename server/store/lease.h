// Who may report for a job: an attempt under a token that grows with each claim (fencing).
#pragma once

#include <cstdint>
#include <string>

namespace trainyard {

struct Lease {
  // "jobs/...".
  std::string job;
  uint32_t attempt = 0;
  uint64_t token = 0;

  bool operator==(const Lease&) const = default;
};

// A worker process. The start time (clock ticks since boot, field 22 of /proc/<pid>/stat) tells it
// from a later process with the same id.
struct WorkerProcess {
  std::string worker;
  int64_t process_id = 0;
  uint64_t start_time = 0;
};

}  // namespace trainyard
