// Follows a study to its end: what `study run` and `study watch` share. Studies have no stream: the
// server is asked about once a second, and a server that restarts is waited for as by every watch.
#pragma once

#include <string>

#include "client/cli/follow_screen.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "client/cli/study_view.h"

namespace trainyard::cli {

struct StudyFollowOptions {
  FollowScreenOptions screen;
  FigureChoice figure;

  // Adds --progress, --every and --figure.
  void Declare(Options& options);
};

// On a terminal the figure is redrawn in place on `err`, elsewhere each point that ends is a line
// on `out` (with -o jsonl an object); verdicts stand last. Returns the exit code of the study, or
// 130 after Ctrl-C, which detaches and says how to come back.
int FollowStudy(Session& session, client::Client& client, const std::string& name,
                const StudyFollowOptions& options, const Output& output);

}  // namespace trainyard::cli
