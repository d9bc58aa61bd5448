// What `study run` and `study submit` share: a study file with overrides on its way to CreateStudy.
#pragma once

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "client/cli/submission_options.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::cli {

class StudySubmission {
 public:
  void Declare(Options& options);
  bool dry_run() const { return options_.dry_run; }
  // Reads, sends, and says on `err` what is wrong; then `exit_code` is not 0.
  v1::Study Send(Session& session, int& exit_code) const;

 private:
  SubmissionOptions options_;
  bool no_reuse_ = false;
};

// "12 of 105 points were there already", on `err`; nothing where none was.
void SayReusedPoints(Console& console, const v1::Study& study);

// The answer to a dry run: points, runs and FLOPs by contender and size.
int PrintStudyDryRun(Session& session, const v1::Study& study, const Output& output);

}  // namespace trainyard::cli
