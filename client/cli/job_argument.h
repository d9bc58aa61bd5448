// The JOB of a command line, resolved on the server.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/session.h"

namespace trainyard::cli {

class JobArgument {
 public:
  void Declare(Options& options) {
    options.Positional("JOB", &text_, "Name, unique prefix of one, or @last.")
        .Required()
        .Completes(Completion::kJob);
  }
  // Connects and resolves; `client` is set on success.
  absl::StatusOr<std::string> Resolve(Session& session, client::Client*& client) const;

 private:
  std::string text_;
};

}  // namespace trainyard::cli
