// The runs of a job by which it is judged: one value a seed. Pure functions.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

struct RunValue {
  uint64_t seed = 0;
  uint64_t subset_seed = 0;  // 0 where the run has all samples
  double value = 0;          // NaN where it failed
  uint32_t index = 0;
};

struct JobRuns {
  // Of runs that have ended.
  std::vector<RunValue> runs;
  // What the chosen ones have of their own beside seeds, as YAML; empty where there was no choice.
  std::string candidate;
};

// Whether more is better of a metric: accuracy, auc, r2 ... `metric` is without its part.
bool MoreIsBetter(const std::string& metric);

// "test/accuracy" ...: values of held-out parts that the job, or one of its runs, has. Details of
// metrics ("test/precision/3") are left out.
std::set<std::string> MetricsOf(const v1::Job& job);

// Values of "<part>/<metric>". Of runs that differ in more than their seeds those with the lowest
// mean error on the validation part are taken, of equals the lower loss; one that failed for a seed
// loses against one that never did. FAILED_PRECONDITION NO_VALIDATION where there is nothing to
// choose by.
absl::StatusOr<JobRuns> RunsOf(const v1::Job& job, const std::string& series);

}  // namespace trainyard
