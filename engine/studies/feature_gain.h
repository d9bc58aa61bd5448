// What hand-engineered features are worth at each amount of data: one way to learn with and without
// them.
#pragma once

#include <vector>

#include "engine/studies/curve.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct FeatureGainAtSize {
  double size = 0;
  int pairs = 0;  // seeds that both have
  // Share of the errors that features remove, 1 - with / without, geometric mean over the seeds;
  // below 0 where they add errors. Unbounded for a single seed.
  Estimate removed;
};

struct FeatureGain {
  std::vector<FeatureGainAtSize> sizes;
  // Change of log(without / with) per tenfold data: a regression for each seed, whose subsets are
  // nested and so depend on one another, then Student's t over seeds.
  Estimate slope;
  // Of "features matter less with more data". Does not hold where they matter more, or where they
  // never helped.
  Finding finding;
};

// Runs are paired by seed and size; errors that are not above 0 are left out.
FeatureGain MeasureFeatureGain(const LearningCurve& without, const LearningCurve& with);

}  // namespace trainyard::studies
