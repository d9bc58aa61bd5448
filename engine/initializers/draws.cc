#include "engine/initializers/draws.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "engine/base/vectorized.h"

namespace trainyard::initializers {
namespace {

// Words of one draw of the generator.
constexpr size_t kBlock = 4;
// Values that are drawn together, in pairs.
constexpr size_t kPairs = 64;

// Two random words make two normal values.
struct NormalPairs {
  uint32_t radius[kPairs];
  uint32_t angle[kPairs];
};

// ln(x) for normal x > 0, to 1e-12: exponent, and 2 artanh((m - 1) / (m + 1)) of the mantissa.
double Log(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  const double wide = std::bit_cast<double>((bits & 0x000fffffffffffffu) | 0x3ff0000000000000u);
  const bool above = wide > std::numbers::sqrt2;
  const double mantissa = above ? 0.5 * wide : wide;
  const double exponent =
      static_cast<double>(static_cast<int32_t>(bits >> 52) - 1023) + (above ? 1.0 : 0.0);
  const double s = (mantissa - 1.0) / (mantissa + 1.0);
  const double z = s * s;
  const double series =
      1.0 + z * (1.0 / 3 + z * (1.0 / 5 + z * (1.0 / 7 + z * (1.0 / 9 + z * (1.0 / 11 + z / 13)))));
  return exponent * std::numbers::ln2 + 2.0 * s * series;
}

// sin and cos of `turns` in [0, 1) full turns, to 1e-12, by their series on an eighth of a turn.
void SinCos(double turns, double& sine, double& cosine) {
  const int32_t quarter = static_cast<int32_t>(8.0 * turns + 1.0) / 2;
  const double x = 2.0 * std::numbers::pi * (turns - 0.25 * quarter);
  const double z = x * x;
  const double s =
      x *
      (1.0 -
       z / 6 *
           (1.0 - z / 20 * (1.0 - z / 42 * (1.0 - z / 72 * (1.0 - z / 110 * (1.0 - z / 156))))));
  const double c =
      1.0 -
      z / 2 *
          (1.0 -
           z / 12 *
               (1.0 -
                z / 30 * (1.0 - z / 56 * (1.0 - z / 90 * (1.0 - z / 132 * (1.0 - z / 182))))));
  const bool swapped = (quarter & 1) != 0;
  const double first = swapped ? c : s;
  const double second = swapped ? s : c;
  sine = (quarter & 2) != 0 ? -first : first;
  cosine = ((quarter + 1) & 2) != 0 ? -second : second;
}

TRAINYARD_VECTORIZED
void BoxMuller(const NormalPairs& pairs, double mean, double stddev, float* values) {
  double sines[kPairs];
  double cosines[kPairs];
  for (size_t i = 0; i < kPairs; ++i) {
    // (0, 1], so that the logarithm is finite.
    const double uniform = (static_cast<double>(pairs.radius[i]) + 1.0) * 0x1.0p-32;
    const double radius = stddev * std::sqrt(-2.0 * Log(uniform));
    double sine = 0;
    double cosine = 0;
    SinCos(static_cast<double>(pairs.angle[i]) * 0x1.0p-32, sine, cosine);
    sines[i] = mean + radius * sine;
    cosines[i] = mean + radius * cosine;
  }
  for (size_t i = 0; i < kPairs; ++i) {
    values[2 * i] = static_cast<float>(cosines[i]);
    values[2 * i + 1] = static_cast<float>(sines[i]);
  }
}

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
  for (size_t start = 0; start < values.size(); start += 2 * kPairs) {
    NormalPairs pairs;
    for (size_t block = 0; block < kPairs / 2; ++block) {
      const auto words = stream.Words(0, start / kBlock + block);
      for (size_t half = 0; half < 2; ++half) {
        pairs.radius[2 * block + half] = words[2 * half];
        pairs.angle[2 * block + half] = words[2 * half + 1];
      }
    }
    float normals[2 * kPairs];
    BoxMuller(pairs, mean, stddev, normals);
    const size_t count = std::min(2 * kPairs, values.size() - start);
    std::copy(normals, normals + count, values.begin() + static_cast<ptrdiff_t>(start));
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
