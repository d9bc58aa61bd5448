// Intervals of a mean over few values.
#pragma once

#include <vector>

namespace trainyard {

struct MeanInterval {
  double mean = 0;
  // Half of the width of the 95 % interval by Student's t; 0 of fewer than two values.
  double half_width = 0;
};

// Of values that are drawn independently from about a normal distribution.
MeanInterval MeanWithInterval(const std::vector<double>& values);

}  // namespace trainyard
