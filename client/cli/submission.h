// What `run` and `submit` share: a specification file with overrides on its way to CreateJob.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "client/cli/submission_options.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::cli {

class Submission {
 public:
  void Declare(Options& options);
  bool dry_run() const { return options_.dry_run; }
  // Reads, sends, and says on `err` what is wrong. An empty job name: `exit_code` is set.
  v1::Job Send(Session& session, int& exit_code) const;

 private:
  // Adds the runs that --seeds asks for.
  absl::Status AddSeeds(v1::Specification& specification) const;

  SubmissionOptions options_;
  int64_t seeds_ = 0;
};

// The answer to a dry run: layers, shapes, parameters, FLOPs, memory.
int PrintDryRun(Session& session, const v1::Job& job, const Output& output);

}  // namespace trainyard::cli
