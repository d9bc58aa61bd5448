// Curves between two values, for schedules. progress in [0, 1].
#pragma once

#include <cmath>
#include <numbers>

namespace trainyard::schedules {

inline double LinearBetween(double from, double to, double progress) {
  return from + (to - from) * progress;
}

inline double CosineBetween(double from, double to, double progress) {
  return to + (from - to) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
}

}  // namespace trainyard::schedules
