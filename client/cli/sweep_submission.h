// What `sweep run` and `sweep submit` share: a sweep file with overrides on its way to CreateSweep.
#pragma once

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "client/cli/submission_options.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard::cli {

class SweepSubmission {
 public:
  void Declare(Options& options);
  bool dry_run() const { return options_.dry_run; }
  // Reads, sends, and says on `err` what is wrong; then `exit_code` is not 0.
  v1::Sweep Send(Session& session, int& exit_code) const;

 private:
  SubmissionOptions options_;
};

// The answer to a dry run: the first trials, and what all of them would take.
int PrintSweepDryRun(Session& session, const v1::Sweep& sweep, const Output& output);

}  // namespace trainyard::cli
