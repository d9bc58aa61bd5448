#include "client/cli/exit_codes.h"

namespace trainyard::cli {

int ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
      return kExitUsage;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return kExitAuthentication;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kFailedPrecondition:
      return kExitWrongState;
    case absl::StatusCode::kResourceExhausted:
      return kExitQuota;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:  // the server took the call and never answered
      return kExitUnreachable;
    case absl::StatusCode::kDataLoss:
      return kExitDataLoss;
    case absl::StatusCode::kCancelled:
      return kExitInterrupted;
    default:
      return kExitApiError;
  }
}

int ExitCodeOf(v1::JobState state, const std::string& reason) {
  switch (state) {
    case v1::SUCCEEDED:
      return kExitOk;
    case v1::CANCELLED:
      return kExitJobCancelled;
    case v1::FAILED:
      if (reason == "DIVERGED") return kExitDiverged;
      if (reason == "CHECKPOINT_CORRUPT" || reason == "DATA_LOSS") return kExitDataLoss;
      return kExitJobFailed;
    default:
      return kExitApiError;
  }
}

}  // namespace trainyard::cli
