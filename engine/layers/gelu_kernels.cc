#include "engine/layers/gelu_kernels.h"

#include <algorithm>
#include <cmath>

#include "engine/base/exp.h"
#include "engine/base/vectorized.h"

namespace trainyard::layers {
namespace {

struct Normal {
  float distribution;  // of x
  float density;       // e^(-x^2 / 2), without its factor
};

[[gnu::always_inline]] inline Normal NormalAt(float x) {
  constexpr float kHalfRoot = 0.70710678f;  // 1 / sqrt(2)
  const float z = std::abs(x) * kHalfRoot;
  const float t = 1.0f / (1.0f + 0.3275911f * z);
  float polynomial = 1.061405429f;
  polynomial = polynomial * t - 1.453152027f;
  polynomial = polynomial * t + 1.421413741f;
  polynomial = polynomial * t - 0.284496736f;
  polynomial = polynomial * t + 0.254829592f;
  const float density = Exp(-z * z);
  // Of what is beyond |x| on one side.
  const float tail = 0.5f * polynomial * t * density;
  return {x < 0 ? tail : 1.0f - tail, density};
}

// Numbers that are worked on while the next ones are fetched: the arithmetic of a vector hides no
// way to the memory by itself.
constexpr int64_t kBlock = 1024;
constexpr int64_t kLine = 16;

[[gnu::always_inline]] inline void Fetch(const float* from, int64_t begin, int64_t end) {
  for (int64_t i = begin; i < end; i += kLine) __builtin_prefetch(from + i);
}

}  // namespace

TRAINYARD_VECTORIZED
void GeluForward(const float* x, int64_t count, float* y) {
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, count);
    Fetch(x, end, std::min(end + kBlock, count));
    for (int64_t i = begin; i < end; ++i) y[i] = x[i] * NormalAt(x[i]).distribution;
  }
}

TRAINYARD_VECTORIZED
void GeluBackward(const float* x, const float* by_y, int64_t count, float* by_x) {
  constexpr float kFactor = 0.39894228f;  // 1 / sqrt(2 pi)
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, count);
    Fetch(x, end, std::min(end + kBlock, count));
    for (int64_t i = begin; i < end; ++i) {
      const Normal normal = NormalAt(x[i]);
      by_x[i] = by_y[i] * (normal.distribution + x[i] * (kFactor * normal.density));
    }
  }
}

}  // namespace trainyard::layers
