// The directions in which samples vary most, for the transform `pca`. What is found depends on the
// samples and the instruction set only: sums go block by block in the order of the samples,
// whatever the number of threads.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/data/transform.h"

namespace trainyard {

struct PrincipalComponents {
  std::vector<double> mean;      // [features]
  std::vector<double> variance;  // [components], largest first; divided by n
  // [components, features], each of length 1, its largest entry positive.
  std::vector<double> directions;
};

// Above so many features the covariance matrix is not made: the directions are found by subspace
// iteration on the samples (Halko et al. 2011) from a fixed random start.
inline constexpr int64_t kMostFeaturesOfCovariance = 2048;

// `components` is at most the number of features, and below that of samples. INVALID_ARGUMENT where
// values are so large that their squares are no floats.
absl::StatusOr<PrincipalComponents> FindPrincipalComponents(const FittingSamples& samples,
                                                            int64_t components);

}  // namespace trainyard
