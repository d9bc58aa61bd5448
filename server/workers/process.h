// Facts about processes of this machine, from /proc. Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard {

// The bytes of /proc/<process_id>/<name>. NOT_FOUND where the process is gone, also while they are
// read; UNAVAILABLE where that cannot be told, for example for want of file descriptors.
absl::StatusOr<std::string> ReadProcessFile(int64_t process_id, const std::string& name);

// Clock ticks since boot; together with the id it names a process for good. NOT_FOUND where it is
// gone, also where only its parent's wait is missing. UNAVAILABLE as above.
absl::StatusOr<uint64_t> ProcessStartTime(int64_t process_id);

struct SpawnOptions {
  // Absolute path of the program, and its arguments after its name.
  std::string program;
  std::vector<std::string> arguments;
  // "NAME=value".
  std::vector<std::string> environment;
  // Standard output and error are appended to it.
  std::string log_file;
};

// Starts a process in a process group of its own, with no signal blocked and no file inherited but
// the three standard ones. (posix_spawn: a fork of a server in which gRPC runs hangs, and costs by
// its memory.)
absl::StatusOr<int64_t> Spawn(const SpawnOptions& options);

// The variables of this process that a child may have: paths, locale, and what steers libraries. No
// secrets.
std::vector<std::string> HarmlessEnvironment();

// The same for a process that trains. xgboost's OpenMP threads would spin while they wait for one
// whose core others use, and take that core from it (docs/decisions/learners.md): they sleep,
// unless this process's OMP_WAIT_POLICY says otherwise.
std::vector<std::string> WorkerEnvironment();

}  // namespace trainyard
