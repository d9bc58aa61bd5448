// The STUDY of a command line, found on the server.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/session.h"
#include "client/lib/study_names.h"

namespace trainyard::cli {

class StudyArgument {
 public:
  void Declare(Options& options) {
    options.Positional("STUDY", &text_, "Name, unique prefix of one, or @last.")
        .Required()
        .Completes(Completion::kStudy);
  }
  // Connects and finds; `client` is set on success.
  absl::StatusOr<v1::Study> Find(Session& session, client::Client*& client) const {
    const absl::StatusOr<client::Client*> connected = session.Connect();
    if (!connected.ok()) return connected.status();
    client = *connected;
    return client::FindStudy(*client, text_);
  }

 private:
  std::string text_;
};

}  // namespace trainyard::cli
