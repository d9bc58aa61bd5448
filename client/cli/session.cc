#include "client/cli/session.h"

#include "absl/strings/str_split.h"
#include "client/cli/exit_codes.h"
#include "client/cli/options.h"
#include "client/lib/errors.h"
#include "client/lib/scalars.h"
#include "client/text/text.h"
#include "engine/base/status.h"

namespace trainyard::cli {
namespace {

constexpr int64_t kNanosecondsPerMillisecond = 1'000'000;

// What to do about it, where that is not plain from the message.
const char* Cure(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnauthenticated:
      return "give a token with TRAINYARD_TOKEN or TRAINYARD_TOKEN_FILE";
    case absl::StatusCode::kDeadlineExceeded:
      return "the server took the call and did not answer in time";
    default:
      return nullptr;
  }
}

}  // namespace

void Session::Declare(Options& options) {
  options.Value("--server", "HOST:PORT", &server_flag_,
                "Server to talk to (also TRAINYARD_SERVER and the configuration file; default "
                "localhost:7070).");
  options.Value("--patience", "TIME", &patience_flag_,
                "How long to try while the server does not answer (default 5s).");
}

absl::StatusOr<client::Client*> Session::Connect() {
  if (client_ != nullptr) return client_.get();
  ASSIGN_OR_RETURN(client::Settings settings, client::ReadSettings(server_flag_, environment_));
  client::CallPolicy policy;
  policy.retry_for = retry_for_;
  if (!patience_flag_.empty()) {
    const auto nanoseconds = client::ParseDuration(patience_flag_);
    if (!nanoseconds.has_value()) {
      return absl::InvalidArgumentError("--patience: expected a time such as 5s or 2m, not '" +
                                        patience_flag_ + "'");
    }
    policy.retry_for = std::chrono::milliseconds(*nanoseconds / kNanosecondsPerMillisecond);
  }
  client_ = std::make_unique<client::Client>(std::move(settings), policy);
  return client_.get();
}

int Session::Fail(const absl::Status& status, const client::SourceMap* sources) {
  const std::vector<Violation> violations = client::ViolationsOf(status);
  std::ostream& err = console_.err;
  if (!violations.empty()) {
    for (const std::string& line :
         client::Describe(violations, sources == nullptr ? client::SourceMap() : *sources)) {
      err << Printable(line) << "\n";
    }
    err << "trainyard: the " << (sources == nullptr ? "request" : "specification")
        << " was refused (" << violations.size()
        << (violations.size() == 1 ? " error)" : " errors)") << "\n";
    return ExitCodeOf(status);
  }
  bool first = true;
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    err << (first ? "trainyard: " : "") << Printable(std::string(line.data(), line.size())) << "\n";
    first = false;
  }
  for (const std::string& quota : client::QuotasOf(status)) err << "  " << Printable(quota) << "\n";
  if (const auto delay = client::RetryDelayOf(status)) {
    err << "  try again in " << (delay->count() + 999) / 1000 << " s\n";
  }
  if (const char* cure = Cure(status)) err << "  " << cure << "\n";
  return ExitCodeOf(status);
}

int Session::FailReading(const absl::Status& status) {
  if (status.code() != absl::StatusCode::kInvalidArgument) {
    console_.err << "trainyard: " << Printable(Message(status)) << "\n";
    return kExitUsage;  // a file that is not there is a usage error, not a missing resource
  }
  for (const absl::string_view line : absl::StrSplit(status.message(), '\n')) {
    console_.err << Printable(std::string(line.data(), line.size())) << "\n";
  }
  return kExitUsage;
}

}  // namespace trainyard::cli
