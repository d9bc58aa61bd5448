// A machine-readable reason on an absl::Status, carried as payloads from where an error is met to
// the API layer, which turns it into google.rpc.ErrorInfo.
//
//   return WithReason(absl::FailedPreconditionError("jobs/a has ended"), "JOB_TERMINAL", {{"state",
//   "FAILED"}});
//
// A status without a reason gets one from its code.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"

namespace trainyard {

// `reason` is upper snake case. Statuses that are OK stay as they are.
absl::Status WithReason(absl::Status status, const std::string& reason,
                        const std::map<std::string, std::string>& metadata = {});

// "" where none was set.
std::string ReasonOf(const absl::Status& status);
std::map<std::string, std::string> MetadataOf(const absl::Status& status);

}  // namespace trainyard
