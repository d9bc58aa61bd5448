// What gRPC returns, as absl::Status with everything that the server said: the only file that reads
// grpc-status-details-bin.
//
// The reason and metadata of google.rpc.ErrorInfo travel as in engine/base/error_info.h; the other
// details as payloads that the functions below read.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/violations.h"

namespace grpc {
class Status;
}

namespace trainyard::client {

absl::Status FromGrpc(const grpc::Status& status);

// Of google.rpc.BadRequest; empty where there is none.
std::vector<Violation> ViolationsOf(const absl::Status& status);
// Of google.rpc.RetryInfo.
std::optional<std::chrono::milliseconds> RetryDelayOf(const absl::Status& status);
// Of google.rpc.QuotaFailure: what is used up.
std::vector<std::string> QuotasOf(const absl::Status& status);

}  // namespace trainyard::client
