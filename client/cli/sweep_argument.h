// The SWEEP of a command line, found on the server.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/session.h"
#include "client/lib/sweep_names.h"

namespace trainyard::cli {

class SweepArgument {
 public:
  void Declare(Options& options) {
    options.Positional("SWEEP", &text_, "Name, unique prefix of one, or @last.")
        .Required()
        .Completes(Completion::kSweep);
  }
  // Connects and finds; `client` is set on success.
  absl::StatusOr<v1::Sweep> Find(Session& session, client::Client*& client) const {
    const absl::StatusOr<client::Client*> connected = session.Connect();
    if (!connected.ok()) return connected.status();
    client = *connected;
    return client::FindSweep(*client, text_);
  }

 private:
  std::string text_;
};

}  // namespace trainyard::cli
