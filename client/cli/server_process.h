// The server as a child of `trainyard up`: found beside this program or in PATH, started, waited
// for.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/lib/environment.h"

namespace trainyard::cli {

// NOT_FOUND says where it was looked for.
absl::StatusOr<std::string> FindServerProgram(const client::Environment& environment);

// Starts it with default signal handling; the child shares our streams and our process group.
absl::StatusOr<pid_t> StartProcess(const std::string& program,
                                   const std::vector<std::string>& arguments);

// True while it runs; afterwards `exit_code` is set (128 + n for signal n).
bool IsRunning(pid_t process, int& exit_code);

}  // namespace trainyard::cli
