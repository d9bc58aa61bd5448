// What `submit` and `job fork` do with a submission: send it, print the job's name, and go on as
// `run` does where that was asked for.
#pragma once

#include "client/cli/follow.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "client/cli/submission.h"

namespace trainyard::cli {

class SubmitFlow {
 public:
  void Declare(Options& options);
  // Returns the exit code.
  int Run(Session& session, const Submission& submission) const;

 private:
  FollowOptions follow_;
  Output output_;
  bool detach_ = false;
  bool watch_ = false;
};

}  // namespace trainyard::cli
