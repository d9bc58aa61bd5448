// What the process returns: part of the interface, see docs and `trainyard --help`.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitApiError = 1,
  kExitUsage = 2,  // or a bad specification
  kExitJobFailed = 3,
  kExitAuthentication = 4,
  kExitNotFound = 5,
  kExitWrongState = 6,
  kExitQuota = 7,
  kExitUnreachable = 8,
  kExitWaitTimedOut = 9,
  kExitJobCancelled = 10,
  kExitDiverged = 11,
  kExitDataLoss = 12,
  kExitInterrupted = 130,
};

// Of a call that failed.
int ExitCodeOf(const absl::Status& status);
// Of a job that has ended; `reason` as in StateChanged.
int ExitCodeOf(v1::JobState state, const std::string& reason);

}  // namespace trainyard::cli
