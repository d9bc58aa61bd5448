// What a command line names, a JOB, a STUDY or a SWEEP, found on the server. The commands use
// JobArgument, StudyArgument and SweepArgument, which have headers of their own.
#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/session.h"

namespace trainyard::cli {

template <typename Found>
class ResourceArgument {
 public:
  // As client::FindStudy.
  using Finder = absl::StatusOr<Found> (*)(client::Client&, const std::string& text);

  // `title`: "STUDY".
  ResourceArgument(std::string title, Completion completion, Finder finder)
      : title_(std::move(title)), completion_(completion), finder_(finder) {}

  void Declare(Options& options) {
    options.Positional(title_, &text_, "Name, unique prefix of one, or @last.")
        .Required()
        .Completes(completion_);
  }
  // Connects and finds; `client` is set on success.
  absl::StatusOr<Found> Find(Session& session, client::Client*& client) const {
    const absl::StatusOr<client::Client*> connected = session.Connect();
    if (!connected.ok()) return connected.status();
    client = *connected;
    return finder_(*client, text_);
  }

 private:
  const std::string title_;
  const Completion completion_;
  const Finder finder_;
  std::string text_;
};

}  // namespace trainyard::cli
