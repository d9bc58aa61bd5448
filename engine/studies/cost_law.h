// What a run would cost at a size that was not run: a power law of what was metered. Thread-safe, a
// pure function.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct RunCost {
  double samples = 0;
  double parameters = 0;    // 0: the cost does not depend on them
  double core_seconds = 0;  // of one run
};

// 95 % for one more run: least squares of log(core-seconds) on log(samples) and, where the runs
// differ in them, log(parameters). Small runs are mostly start-up and follow no power: those below
// a thirtieth of the largest size are left out where three sizes remain. FAILED_PRECONDITION where
// too few are left.
absl::StatusOr<Estimate> PredictCost(const std::vector<RunCost>& runs, double samples,
                                     double parameters);

}  // namespace trainyard::studies
