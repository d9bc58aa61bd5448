// How much sooner one configuration reaches a threshold than another, in steps, samples or seconds,
// over runs paired by seed, some of which never reached it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct CostToThreshold {
  uint64_t seed = 0;
  double cost = 0;       // above 0; what was spent where the threshold was not reached
  bool reached = false;  // false: censored, the true cost is higher
};

struct SpeedUp {
  int pairs = 0;
  int only_treatment =
      0;  // pairs of which only the treatment reached the threshold: at least so fast
  int only_baseline = 0;  // the reverse: at most so fast
  int neither = 0;        // pairs that say nothing
  // Cost of the baseline over that of the treatment, geometric mean; above 1 is faster. Infinite
  // ends are open.
  Estimate ratio;
  Finding finding;  // of "the treatment is faster"
};

// The first step of a series at which it is at or below (for errors, losses) the threshold; `steps`
// and `values` are equally long, NaN never reaches. Not reached: the last step.
CostToThreshold FirstReach(uint64_t seed, const std::vector<double>& steps,
                           const std::vector<double>& values, double threshold);

// Seeds that only one side has are left out. The log ratio is taken for normal and censored on
// either side (Tobit): the interval is that of the profile likelihood, and Student's t where
// nothing is censored.
SpeedUp CompareCosts(const std::string& baseline_name, const std::vector<CostToThreshold>& baseline,
                     const std::string& treatment_name,
                     const std::vector<CostToThreshold>& treatment);

}  // namespace trainyard::studies
