// e^x for inner loops: written so that compilers turn loops over it into vector
// instructions, and of plain additions and multiplications only, so that the bits are the same on
// every machine.
#pragma once

#include <bit>
#include <cstdint>

namespace trainyard {

// Within 2 units in the last place for x in [-87, 88]; 0 below, about 1.7e38 above; NaN stays NaN.
[[gnu::always_inline]] inline float Exp(float x) {
  constexpr float kLowest = -87.0f;
  constexpr float kHighest = 88.0f;
  constexpr float kLog2E = 1.44269504f;
  // ln 2 in two parts: the first has so few bits that its products here are exact.
  constexpr float kLn2High = 0.693359375f;
  constexpr float kLn2Low = -2.12194440e-4f;
  // Adding and subtracting 1.5 * 2^23 rounds to an integer, which then stands in the low bits.
  constexpr float kRound = 12582912.0f;

  float clamped = x > kHighest ? kHighest : x;
  clamped = clamped < kLowest ? kLowest : clamped;
  const float rounded = clamped * kLog2E + kRound;
  const float exponent = rounded - kRound;
  const float r = (clamped - exponent * kLn2High) - exponent * kLn2Low;
  // (e^r - 1 - r) / r^2 on [-ln 2 / 2, ln 2 / 2], the minimax polynomial of Cephes' expf.
  float polynomial = 1.9875691500e-4f;
  polynomial = polynomial * r + 1.3981999507e-3f;
  polynomial = polynomial * r + 8.3334519073e-3f;
  polynomial = polynomial * r + 4.1665795894e-2f;
  polynomial = polynomial * r + 1.6666665459e-1f;
  polynomial = polynomial * r + 5.0000001201e-1f;
  const float mantissa = polynomial * r * r + r + 1.0f;
  // 2^exponent: the integer in the low bits, moved to the exponent's place.
  constexpr uint32_t kRoundBits = 0x4B400000u;
  constexpr uint32_t kBias = 127;
  const uint32_t scale_bits = (std::bit_cast<uint32_t>(rounded) - kRoundBits + kBias) << 23;
  const float result = mantissa * std::bit_cast<float>(scale_bits);
  return x < kLowest ? 0.0f : result;
}

}  // namespace trainyard
