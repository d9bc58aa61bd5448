// Follows a study to its end: what `study run` and `study watch` share. Points come by the study's
// stream (client/lib/study_watch.h), each once, also over restarts of the server; for a new picture
// the server is asked, since laws and verdicts are its to find.
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
