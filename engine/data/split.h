// Which samples go to which part. Pure functions of (labels, sizes, seed): every sample has a
// random key of its own (Philox), so that the order of earlier samples stays when a data set grows.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace trainyard {

// Sample numbers of each part, ascending.
struct SplitIndices {
  std::vector<int64_t> train;
  std::vector<int64_t> validation;
  std::vector<int64_t> test;
};

// The number of samples that a share of them is: to nearest.
int64_t ShareOf(double share, int64_t samples);

// Divides `total` over classes in proportion to `counts` (largest remainders, then the lower
// class): each gets its exact quota rounded down or up. total is at most the sum of counts.
std::vector<int64_t> Apportion(const std::vector<int64_t>& counts, int64_t total);

// Divides the samples 0 .. samples-1. `labels` [samples] keeps class proportions in every part;
// empty: no stratification.
SplitIndices Split(int64_t samples, absl::Span<const int32_t> labels, int64_t validation,
                   int64_t test, uint64_t seed);

// The first `size` of a fixed order of `samples`, ascending: a smaller subset of one seed is
// contained in every larger one. With `labels` (indexed by sample number) every class gives, to
// within one sample, the same share of its members.
std::vector<int64_t> NestedSubset(const std::vector<int64_t>& samples,
                                  absl::Span<const int32_t> labels, int64_t size, uint64_t seed);

}  // namespace trainyard
