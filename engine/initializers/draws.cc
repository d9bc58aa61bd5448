#include "engine/initializers/draws.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace trainyard::initializers {
namespace {

// Words of one draw of the generator.
constexpr size_t kBlock = 4;

}  // namespace

void FillUniform(const RandomStream& stream, double low, double high, absl::Span<float> values) {
  for (size_t start = 0; start < values.size(); start += kBlock) {
    const auto words = stream.Words(0, start / kBlock);
    for (size_t i = start; i < std::min(start + kBlock, values.size()); ++i) {
      values[i] =
          static_cast<float>(low + (high - low) * RandomStream::ToUniform(words[i - start]));
    }
  }
}

void FillNormal(const RandomStream& stream, double mean, double stddev, absl::Span<float> values) {
  for (size_t start = 0; start < values.size(); start += kBlock) {
    const auto words = stream.Words(0, start / kBlock);
    // Box-Muller: two words make two values.
    for (size_t i = start; i < std::min(start + kBlock, values.size()); ++i) {
      const size_t pair = (i - start) / 2 * 2;
      // (0, 1], so that the logarithm is finite.
      const double uniform = (static_cast<double>(words[pair]) + 1.0) * 0x1.0p-32;
      const double radius = std::sqrt(-2.0 * std::log(uniform));
      const double angle =
          2.0 * std::numbers::pi * static_cast<double>(words[pair + 1]) * 0x1.0p-32;
      const double normal = radius * ((i - start) % 2 == 0 ? std::cos(angle) : std::sin(angle));
      values[i] = static_cast<float>(mean + stddev * normal);
    }
  }
}

void FillWithVariance(const RandomStream& stream, Distribution distribution, double variance,
                      absl::Span<float> values) {
  if (distribution == Distribution::kNormal) {
    FillNormal(stream, 0, std::sqrt(variance), values);
  } else {
    const double bound = std::sqrt(3.0 * variance);
    FillUniform(stream, -bound, bound, values);
  }
}

}  // namespace trainyard::initializers
