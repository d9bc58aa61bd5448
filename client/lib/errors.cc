#include "client/lib/errors.h"

#include <grpcpp/support/status.h>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trainyard::client {
namespace {

// Payload that holds the whole google.rpc.Status.
constexpr char kDetails[] = "type.googleapis.com/google.rpc.Status";

template <typename Detail>
std::vector<Detail> DetailsOf(const absl::Status& status) {
  std::vector<Detail> found;
  const auto payload = status.GetPayload(kDetails);
  google::rpc::Status details;
  if (!payload.has_value() || !details.ParseFromString(std::string(*payload))) return found;
  for (const google::protobuf::Any& any : details.details()) {
    Detail detail;
    if (any.Is<Detail>() && any.UnpackTo(&detail)) found.push_back(std::move(detail));
  }
  return found;
}

}  // namespace

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  // The two enums share their numbers.
  absl::Status result(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  if (status.error_details().empty()) return result;
  result.SetPayload(kDetails, absl::Cord(status.error_details()));
  for (const google::rpc::ErrorInfo& info : DetailsOf<google::rpc::ErrorInfo>(result)) {
    result = WithReason(result, info.reason(), {info.metadata().begin(), info.metadata().end()});
  }
  return result;
}

std::vector<Violation> ViolationsOf(const absl::Status& status) {
  std::vector<Violation> violations;
  for (const google::rpc::BadRequest& request : DetailsOf<google::rpc::BadRequest>(status)) {
    for (const auto& violation : request.field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

std::optional<std::chrono::milliseconds> RetryDelayOf(const absl::Status& status) {
  for (const google::rpc::RetryInfo& info : DetailsOf<google::rpc::RetryInfo>(status)) {
    return std::chrono::milliseconds(info.retry_delay().seconds() * 1000 +
                                     info.retry_delay().nanos() / 1'000'000);
  }
  return std::nullopt;
}

std::vector<std::string> QuotasOf(const absl::Status& status) {
  std::vector<std::string> quotas;
  for (const google::rpc::QuotaFailure& failure : DetailsOf<google::rpc::QuotaFailure>(status)) {
    for (const auto& violation : failure.violations()) {
      quotas.push_back(absl::StrCat(violation.subject(), ": ", violation.description()));
    }
  }
  return quotas;
}

}  // namespace trainyard::client
