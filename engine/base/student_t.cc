#include "engine/base/student_t.h"

#include <array>
#include <cmath>
#include <cstddef>

namespace trainyard {
namespace {

// The quantile 0.975 of Student's t by degrees of freedom, from 1.
constexpr std::array<double, 30> kQuantiles = {
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010,  2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796,  2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423};

// Beyond the table two terms of the Cornish-Fisher expansion are exact to 1e-4 (Abramowitz and
// Stegun 26.7.5).
double Quantile(size_t degrees) {
  if (degrees <= kQuantiles.size()) return kQuantiles[degrees - 1];
  constexpr double z = 1.959964;
  constexpr double z3 = z * z * z;
  constexpr double z5 = z3 * z * z;
  const double n = static_cast<double>(degrees);
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n);
}

}  // namespace

MeanInterval MeanWithInterval(const std::vector<double>& values) {
  MeanInterval result;
  const double count = static_cast<double>(values.size());
  for (const double value : values) result.mean += value / count;
  if (values.size() < 2) return result;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  const double deviation = std::sqrt(squares / (count - 1));
  result.half_width = Quantile(values.size() - 1) * deviation / std::sqrt(count);
  return result;
}

}  // namespace trainyard
