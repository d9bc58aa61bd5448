// Watches a job on the screen to its end: what `run`, `job watch` and `submit --watch` share.
#pragma once

#include <string>

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"

namespace trainyard::cli {

struct FollowOptions {
  // auto, bar, plain or none.
  std::string progress = "auto";
  std::string resume_token;
  bool from_now = false;

  // Adds --progress.
  void Declare(Options& options);
};

// Evaluations (or, with -o jsonl, all frames) go to `out`, progress to `err`; ends with a summary.
// Returns the exit code of the job, or 130 after Ctrl-C, which detaches and says how to come back.
int FollowJob(Session& session, client::Client& client, const std::string& job,
              const FollowOptions& options, const Output& output);

}  // namespace trainyard::cli
