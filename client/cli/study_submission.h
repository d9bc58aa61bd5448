// What `study run` and `study submit` share: a study file with overrides on its way to CreateStudy.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/options.h"
#include "client/cli/output.h"
#include "client/cli/session.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::cli {

class StudySubmission {
 public:
  void Declare(Options& options);
  bool dry_run() const { return dry_run_; }
  // Reads, sends, and says on `err` what is wrong; then `exit_code` is not 0.
  v1::Study Send(Session& session, int& exit_code) const;

 private:
  std::string path_;
  std::vector<std::string> overrides_;
  std::string name_;
  std::string request_id_;
  int64_t priority_ = 0;
  bool dry_run_ = false;
};

// The answer to a dry run: points, runs and FLOPs by contender and size.
int PrintStudyDryRun(Session& session, const v1::Study& study, const Output& output);

}  // namespace trainyard::cli
