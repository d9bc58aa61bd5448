// Sums over the training samples, per group of features, from which transforms are fitted. Exact
// for bytes (integers), two passes in doubles for floats; always in the order of the samples.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/params.h"
#include "engine/data/transform.h"

namespace trainyard {

struct GroupStatistics {
  std::vector<double> mean;
  std::vector<double> deviation;  // of the population: divided by n
  std::vector<double> minimum;
  std::vector<double> maximum;
};

// The parameter `per` of standardize and min_max: channel, feature or all; default channel for [c,
// h, w] and feature for vectors.
ParamSpec PerParameter();
// Number of groups of features (see AffineMap) that `per` ("" for the default) means for a shape.
// INVALID_ARGUMENT for channel of a vector.
absl::StatusOr<int64_t> GroupsOf(const std::string& per, const Shape& shape);

// 1 / spread, or 0 where that is no float: a feature without spread tells nothing and becomes
// constant.
double InverseSpread(double spread);

GroupStatistics ComputeStatistics(const FittingSamples& samples, int64_t groups);

}  // namespace trainyard
