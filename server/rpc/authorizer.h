// Who may call. Every handler of the public API passes through Check; health and reflection are
// open.
//
// (gRPC's own auth processor aborts the process on insecure credentials, so the check is ours.)
// Immutable and thread-safe.
#pragma once

#include <string>
#include <vector>

#include <grpcpp/server_context.h>

#include "absl/status/statusor.h"

namespace trainyard {

class Authorizer {
 public:
  // Without tokens everyone may call.
  explicit Authorizer(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {}
  // One token a line; empty lines and lines that begin with # do not count. FAILED_PRECONDITION
  // where the file holds no token, a token shorter than 16 characters, or can be read by others.
  static absl::StatusOr<Authorizer> FromFile(const std::string& path);

  // UNAUTHENTICATED TOKEN_MISSING or TOKEN_INVALID; the header is `authorization: Bearer <token>`.
  absl::Status Check(const grpc::CallbackServerContext& context) const;
  // The value of that header; null where it is absent.
  absl::Status CheckHeader(const std::string* header) const;

 private:
  std::vector<std::string> tokens_;
};

}  // namespace trainyard
