// Random numbers of the analyses: functions of (seed, item, major, minor), so that a resampled
// interval is the same on every machine and in any order.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "engine/base/philox.h"

namespace trainyard::studies {

class Draws {
 public:
  explicit Draws(uint64_t seed, uint32_t item = 0)
      : stream_(seed, RandomPurpose::kResampling, item) {}

  // In [0, bound).
  size_t Below(uint64_t major, uint64_t minor, size_t bound) const {
    return static_cast<size_t>(stream_.Below(major, minor, bound));
  }
  // In (0, 1), 53 bits.
  double Uniform(uint64_t major, uint64_t minor) const {
    const auto words = stream_.Words(major, minor);
    const uint64_t bits = uint64_t{words[1]} << 32 | words[0];
    return (static_cast<double>(bits >> 12) + 0.5) * 0x1.0p-52;
  }
  // Standard normal (Box-Muller).
  double Normal(uint64_t major, uint64_t minor) const {
    const auto words = stream_.Words(major, minor);
    const uint64_t bits = uint64_t{words[1]} << 32 | words[0];
    const double uniform = (static_cast<double>(bits >> 12) + 0.5) * 0x1.0p-52;
    const double angle = 2 * std::numbers::pi * static_cast<double>(words[2]) * 0x1.0p-32;
    return std::sqrt(-2 * std::log(uniform)) * std::cos(angle);
  }

 private:
  RandomStream stream_;
};

}  // namespace trainyard::studies
