// absl::Status -> grpc::Status: the only place where errors take their shape on the wire.
//
// Every error carries a google.rpc.Status in grpc-status-details-bin with exactly one ErrorInfo
// (domain "trainyard") and, by its code, BadRequest, ResourceInfo, QuotaFailure and RetryInfo.
// Lower layers say the reason with WithReason (engine/base/error_info.h); a status without one gets
// that of its code. Metadata keys with a meaning here: "field" (INVALID_ARGUMENT), "resource_type"
// and "resource_name" (NOT_FOUND), "subject" (RESOURCE_EXHAUSTED), "retry_after_ms"
// (RESOURCE_EXHAUSTED, UNAVAILABLE).
//
// Trailers are kept below 8 KiB, what clients accept by default: long messages and lists of
// violations are cut, with a count of what is missing.
#pragma once

#include <string>

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "engine/base/violations.h"

namespace trainyard {

grpc::Status ToGrpcStatus(const absl::Status& status);

// INVALID_ARGUMENT with every violation as a BadRequest.FieldViolation; OK where there is none.
// `reason`: INVALID_SPECIFICATION, or INVALID_REQUEST of requests without one.
absl::Status ViolationsError(const Violations& violations, const std::string& reason);
// The same for one field: INVALID_REQUEST.
absl::Status FieldError(const std::string& field, const std::string& message);
// NOT_FOUND RESOURCE_NOT_FOUND of a `name` that the caller gave; `hint` ends the message:
// NotFoundError("layer", "dnese", Suggestion("dnese", known)).
absl::Status NotFoundError(const std::string& type, const std::string& name,
                           const std::string& hint);
// UNAVAILABLE: the server is draining or too busy; clients try again by themselves.
absl::Status UnavailableError(const std::string& reason, const std::string& message);

}  // namespace trainyard
