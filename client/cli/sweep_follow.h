// Follows a sweep to its end: what `sweep run` and `sweep watch` share, see poll.h.
#pragma once

#include <string>

#include "client/cli/follow_screen.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard::cli {

struct SweepFollowOptions {
  FollowScreenOptions screen;
  std::string figure = "trials";

  // Adds --progress, --every and --figure.
  void Declare(Options& options);
};

// On a terminal figure, best trial and progress are redrawn in place on `err`, elsewhere each trial
// that ends is a line on `out` (with -o jsonl an object); the best stands last. Returns the exit
// code of the sweep, or 130 after Ctrl-C, which detaches and says how to come back.
int FollowSweep(Session& session, client::Client& client, const v1::Sweep& made,
                const SweepFollowOptions& options, const Output& output);

}  // namespace trainyard::cli
