// What `run`, `submit` and `job fork` share: a specification, of a file or of an old job, with
// changes on its way to CreateJob.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "client/cli/submission_options.h"
#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard::cli {

class Submission {
 public:
  void Declare(Options& options);
  // The specification is that of a job.
  void DeclareFork(Options& options);
  bool dry_run() const { return options_.dry_run; }
  // Reads, sends, and says on `err` what is wrong. An empty job name: `exit_code` is set.
  v1::Job Send(Session& session, int& exit_code) const;

 private:
  void DeclareChanges(Options& options);
  // Of the file, or of the job `forked_from`.
  v1::Job SendFile(Session& session, int& exit_code) const;
  v1::Job SendFork(Session& session, int& exit_code) const;
  absl::Status Prepare(v1::CreateJobRequest& request) const;
  // Adds the runs that --seeds asks for.
  absl::Status AddSeeds(v1::Specification& specification) const;

  SubmissionOptions options_;
  int64_t seeds_ = 0;
  bool reuse_ = false;
  bool fork_ = false;
};

// That a job of before is the answer.
void SayReused(Console& console, const v1::Job& job);

// The answer to a dry run: layers, shapes, parameters, FLOPs, memory.
int PrintDryRun(Session& session, const v1::Job& job, const Output& output);

}  // namespace trainyard::cli
