#include "server/rpc/authorizer.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"

namespace trainyard {
namespace {

constexpr char kHeader[] = "authorization";
constexpr char kBearer[] = "bearer ";
constexpr size_t kShortestToken = 16;

// Takes as long for a wrong token as for the right one.
bool SameBytes(const std::string& a, const std::string& b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i] ^ b[i % b.size()]);
  return difference == 0;
}

}  // namespace

absl::StatusOr<Authorizer> Authorizer::FromFile(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0)
    return absl::NotFoundError(absl::StrCat("cannot read the token file ", path));
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("others can read the token file ", path, ": chmod 600 it"));
  }
  std::ifstream file(path);
  std::vector<std::string> tokens;
  for (std::string line; std::getline(file, line);) {
    absl::StripAsciiWhitespace(&line);
    if (line.empty() || line[0] == '#') continue;
    if (line.size() < kShortestToken) {
      return absl::FailedPreconditionError(
          absl::StrCat(path, ": a token has at least ", kShortestToken, " characters"));
    }
    tokens.push_back(line);
  }
  if (tokens.empty()) return absl::FailedPreconditionError(absl::StrCat("no token in ", path));
  return Authorizer(std::move(tokens));
}

absl::Status Authorizer::Check(const grpc::CallbackServerContext& context) const {
  if (tokens_.empty()) return absl::OkStatus();
  const auto found = context.client_metadata().find(kHeader);
  if (found == context.client_metadata().end()) return CheckHeader(nullptr);
  const std::string header(found->second.data(), found->second.size());
  return CheckHeader(&header);
}

absl::Status Authorizer::CheckHeader(const std::string* header) const {
  if (tokens_.empty()) return absl::OkStatus();
  if (header == nullptr) {
    return WithReason(
        absl::UnauthenticatedError("this server asks for a token: `authorization: Bearer <token>`"),
        "TOKEN_MISSING");
  }
  const size_t prefix = sizeof(kBearer) - 1;
  bool known = false;
  if (absl::StartsWithIgnoreCase(*header, kBearer)) {
    const std::string given = header->substr(prefix);
    for (const std::string& token : tokens_) known |= SameBytes(given, token);
  }
  if (known) return absl::OkStatus();
  return WithReason(absl::UnauthenticatedError("the token is not one of this server's"),
                    "TOKEN_INVALID");
}

}  // namespace trainyard
