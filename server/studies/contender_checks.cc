#include "server/studies/contender_checks.h"

#include "absl/strings/str_cat.h"
#include "engine/base/label.h"

namespace trainyard {

void CheckLabel(const std::string& path, const std::string& name, bool required,
                Violations& violations) {
  if (!IsLabel(name, kLongestName) || (required && name.empty()))
    violations.Add(path, absl::StrCat("must be 1 to ", kLongestName, " of [a-z0-9-]"));
}

void CheckJobFields(const v1::Specification& job, const std::string& path, Violations& violations) {
  const auto refuse = [&](bool present, const char* field) {
    if (present) violations.Add(JoinPath(path, field), "not allowed: the study has it");
  };
  refuse(job.has_data(), "data");
  refuse(!job.name().empty(), "name");
  refuse(job.seed() != 0, "seed");
  refuse(job.has_resources(), "resources");
  refuse(job.metrics_size() > 0, "metrics");
  const auto forbid = [&](bool present, const char* field, const char* instead) {
    if (present) violations.Add(JoinPath(path, field), instead);
  };
  forbid(job.runs_size() > 0, "runs", "not allowed: write them as candidates");
  forbid(job.has_predict(), "predict", "not allowed: a study trains");
  forbid(job.has_benchmark(), "benchmark", "not allowed: a study trains");
}

void CheckCandidates(const google::protobuf::RepeatedPtrField<v1::Run>& candidates,
                     const std::string& path, const v1::Data& data, Violations& violations) {
  for (int i = 0; i < candidates.size(); ++i) {
    const v1::Run& candidate = candidates[i];
    if (candidate.has_seed() || candidate.has_train_size() || candidate.has_subset_seed()) {
      violations.Add(absl::StrCat(path, ".candidates[", i, "]"),
                     "has a seed or a size; the study gives each candidate all of them");
    }
  }
  if (candidates.size() > 1 && data.split().validation() == 0) {
    violations.Add("data.split.validation",
                   absl::StrCat("required: ", path, " has ", candidates.size(),
                                " candidates, and to choose by the test part would be to tune on "
                                "it; for example 0.1"));
  }
}

}  // namespace trainyard
