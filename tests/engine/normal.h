// Standard normal numbers for tests: a function of the stream and the position (Box-Muller).
#pragma once

#include <cmath>
#include <numbers>

#include "engine/base/philox.h"

namespace trainyard {

inline double Normal(const RandomStream& stream, uint64_t major, uint64_t minor) {
  const auto words = stream.Words(major, minor);
  // (0, 1] so that the logarithm is finite; 53 and 32 bits.
  const uint64_t bits = uint64_t{words[1]} << 32 | words[0];
  const double radius = (static_cast<double>(bits >> 11) + 1.0) * 0x1.0p-53;
  const double angle = static_cast<double>(words[2]) * 0x1.0p-32;
  return std::sqrt(-2.0 * std::log(radius)) * std::cos(2.0 * std::numbers::pi * angle);
}

}  // namespace trainyard
