// What JobManager is given, and what it answers with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/jobs/queue.h"
#include "server/store/database.h"
#include "server/store/lease.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

using JobCallback = std::function<void(absl::StatusOr<v1::Job>)>;
// What belongs to jobs that are made together, see JobManager::CreateAll.
using WithinCreation =
    std::function<absl::Status(Connection& connection, const std::vector<std::string>& jobs)>;

struct JobManagerOptions {
  // What may be given to jobs; see DetectCapacity() in queue.h.
  Capacity capacity;
  size_t max_queued_jobs = 10'000;
  // Attempts in a row that end with a lost worker and without a newer checkpoint, before the job
  // FAILS.
  uint32_t max_stalled_attempts = 5;
  // Warm workers beyond those that hold jobs.
  int idle_workers = 1;
  // How long a job waits for its worker to dial (again) while the process lives.
  std::chrono::nanoseconds reconnect_grace = std::chrono::seconds(30);
  // How long a worker with a stream may be silent before it is killed and its job goes on
  // elsewhere. Generous: on a busy machine all are slow.
  std::chrono::nanoseconds heartbeat_grace = std::chrono::seconds(60);
  // How long a worker may take to obey Cancel or Drain before it is killed.
  std::chrono::nanoseconds stop_grace = std::chrono::seconds(60);
  // How long smaller jobs may pass a job that does not fit, see queue.h.
  std::chrono::nanoseconds backfill_window = std::chrono::seconds(60);
  // Makes the random end of names; default: the kernel's. Replaced by tests.
  std::function<uint64_t()> random;
};

struct JobCounts {
  uint32_t queued = 0;
  // RUNNING and CANCELLING.
  uint32_t running = 0;
  bool draining = false;
};

// WorkRequest.Hello, once its secret has been checked.
struct WorkerHello {
  std::string worker;
  int64_t process_id = 0;
  std::string isa;
  // Of the job that it still holds, when it re-dials; empty job: none.
  Lease lease;
};

}  // namespace trainyard
