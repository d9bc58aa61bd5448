#include "server/rpc/status_mapping.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/error_info.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace trainyard {
namespace {

constexpr char kDomain[] = "trainyard";
constexpr char kBadRequest[] = "type.googleapis.com/google.rpc.BadRequest";
// The message travels twice (as grpc-message, percent-encoded, and in the details).
constexpr size_t kLongestMessage = 700;
constexpr size_t kLongestDescription = 400;
constexpr size_t kLongestMetadata = 200;
constexpr size_t kViolationsBytes = 3200;
constexpr int kRetryMilliseconds = 1000;

grpc::StatusCode Code(absl::StatusCode code) {
  // The numbers are those of google.rpc.Code in both.
  return static_cast<grpc::StatusCode>(static_cast<int>(code));
}

std::string DefaultReason(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return "INVALID_REQUEST";
    case absl::StatusCode::kNotFound:
      return "RESOURCE_NOT_FOUND";
    case absl::StatusCode::kResourceExhausted:
      return "QUOTA_EXCEEDED";
    case absl::StatusCode::kOutOfRange:
      return "CURSOR_EXPIRED";
    default:
      return absl::StatusCodeToString(code);
  }
}

std::string Find(const std::map<std::string, std::string>& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

google::rpc::BadRequest BadRequestOf(const absl::Status& status,
                                     const std::map<std::string, std::string>& metadata) {
  google::rpc::BadRequest bad_request;
  if (const auto payload = status.GetPayload(kBadRequest); payload.has_value()) {
    bad_request.ParseFromString(std::string(*payload));
  } else {
    google::rpc::BadRequest::FieldViolation* violation = bad_request.add_field_violations();
    const std::string field = Find(metadata, "field");
    violation->set_field(SafeText(field, kLongestMetadata));
    // "field: what is wrong": the field has said its name.
    std::string message = Message(status);
    if (!field.empty() && message.rfind(field + ": ", 0) == 0) message.erase(0, field.size() + 2);
    violation->set_description(SafeText(message, kLongestDescription));
  }
  return bad_request;
}

void AddRetryInfo(const std::map<std::string, std::string>& metadata,
                  google::rpc::Status& details) {
  const std::string given = Find(metadata, "retry_after_ms");
  const long milliseconds =
      given.empty() ? kRetryMilliseconds : std::strtol(given.c_str(), nullptr, 10);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(milliseconds / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(milliseconds % 1000) * 1'000'000);
  details.add_details()->PackFrom(retry);
}

void AddDetailsOfCode(const absl::Status& status,
                      const std::map<std::string, std::string>& metadata,
                      google::rpc::Status& details) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      details.add_details()->PackFrom(BadRequestOf(status, metadata));
      return;
    case absl::StatusCode::kNotFound: {
      google::rpc::ResourceInfo resource;
      resource.set_resource_type(SafeText(Find(metadata, "resource_type"), kLongestMetadata));
      resource.set_resource_name(SafeText(Find(metadata, "resource_name"), kLongestMetadata));
      resource.set_description(SafeText(Message(status), kLongestDescription));
      details.add_details()->PackFrom(resource);
      return;
    }
    case absl::StatusCode::kResourceExhausted: {
      google::rpc::QuotaFailure quota;
      google::rpc::QuotaFailure::Violation* violation = quota.add_violations();
      const std::string subject = Find(metadata, "subject");
      violation->set_subject(subject.empty() ? "server" : SafeText(subject, kLongestMetadata));
      violation->set_description(SafeText(Message(status), kLongestDescription));
      details.add_details()->PackFrom(quota);
      AddRetryInfo(metadata, details);
      return;
    }
    case absl::StatusCode::kUnavailable:
      AddRetryInfo(metadata, details);
      return;
    default:
      return;
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const std::map<std::string, std::string> metadata = MetadataOf(status);
  const std::string message = SafeText(Message(status), kLongestMessage);
  google::rpc::Status details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  google::rpc::ErrorInfo info;
  const std::string reason = ReasonOf(status);
  info.set_reason(reason.empty() ? DefaultReason(status.code())
                                 : SafeText(reason, kLongestMetadata));
  info.set_domain(kDomain);
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[SafeText(key, kLongestMetadata)] = SafeText(value, kLongestMetadata);
  }
  details.add_details()->PackFrom(info);
  AddDetailsOfCode(status, metadata, details);
  return grpc::Status(Code(status.code()), message, details.SerializeAsString());
}

absl::Status ViolationsError(const Violations& violations, const std::string& reason) {
  if (violations.empty()) return absl::OkStatus();
  google::rpc::BadRequest bad_request;
  std::vector<std::string> lines;
  size_t bytes = 0;
  for (const Violation& violation : violations.list()) {
    const std::string field = SafeText(violation.path, kLongestMetadata);
    const std::string description = SafeText(violation.message, kLongestDescription);
    bytes += field.size() + description.size();
    if (bytes > kViolationsBytes) break;
    google::rpc::BadRequest::FieldViolation* added = bad_request.add_field_violations();
    added->set_field(field);
    added->set_description(description);
    lines.push_back(field.empty() ? description : absl::StrCat(field, ": ", description));
  }
  const size_t missing = violations.list().size() - lines.size();
  if (missing != 0) {
    lines.push_back(absl::StrCat("... and ", missing, " more"));
    bad_request.add_field_violations()->set_description(lines.back());
  }
  absl::Status status = absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
  status.SetPayload(kBadRequest, absl::Cord(bad_request.SerializeAsString()));
  return WithReason(std::move(status), reason);
}

absl::Status FieldError(const std::string& field, const std::string& message) {
  return WithReason(absl::InvalidArgumentError(absl::StrCat(field, ": ", message)),
                    "INVALID_REQUEST", {{"field", field}});
}

absl::Status NotFoundError(const std::string& type, const std::string& name,
                           const std::string& hint) {
  const std::string shown = SafeText(name, kLongestMetadata);
  return WithReason(absl::NotFoundError(absl::StrCat("no ", type, " '", shown, "'", hint)),
                    "RESOURCE_NOT_FOUND", {{"resource_type", type}, {"resource_name", shown}});
}

absl::Status UnavailableError(const std::string& reason, const std::string& message) {
  return WithReason(absl::UnavailableError(message), reason);
}

}  // namespace trainyard
