#include "engine/layers/rows.h"

#include <algorithm>
#include <cmath>

#include "engine/base/exp.h"
#include "engine/base/vectorized.h"

namespace trainyard::layers {
namespace {

// Partial results that a compiler keeps in vector registers; fixed, so that the order of sums is.
constexpr int64_t kLanes = 16;

struct Lanes {
  float values[kLanes] = {};

  float Sum() const {
    float halves[kLanes];
    std::copy(values, values + kLanes, halves);
    for (int64_t width = kLanes / 2; width > 0; width /= 2) {
      for (int64_t lane = 0; lane < width; ++lane) halves[lane] += halves[lane + width];
    }
    return halves[0];
  }
};

// The sum over i of term(i).
template <typename Term>
float SumOf(int64_t count, const Term& term) {
  Lanes lanes;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes.values[lane] += term(i + lane);
  }
  for (int64_t lane = 0; i + lane < count; ++lane) lanes.values[lane] += term(i + lane);
  return lanes.Sum();
}

float Largest(int64_t count, const float* values) {
  float lanes[kLanes];
  for (float& lane : lanes) lane = values[0];
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
    }
  }
  for (int64_t lane = 0; i + lane < count; ++lane) {
    lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
  }
  float largest = lanes[0];
  for (float lane : lanes) largest = lane > largest ? lane : largest;
  return largest;
}

}  // namespace

TRAINYARD_VECTORIZED
void SoftmaxRows(const SoftmaxBlock& block, float* scores, SoftmaxSums* sums) {
  for (int64_t row = 0; row < block.rows; ++row) {
    float* const values = scores + row * block.columns;
    const int64_t width = block.first_width + row * block.step;
    const float largest = Largest(width, values);
    for (int64_t i = 0; i < width; ++i) values[i] = Exp(values[i] - largest);
    const float inverse = 1.0f / SumOf(width, [&](int64_t i) { return values[i]; });
    for (int64_t i = 0; i < width; ++i) values[i] *= inverse;
    std::fill(values + width, values + block.columns, 0.0f);
    sums[row] = {largest, inverse};
  }
}

TRAINYARD_VECTORIZED
void SoftmaxRowsAgain(const SoftmaxBlock& block, const SoftmaxSums* sums, float* scores) {
  for (int64_t row = 0; row < block.rows; ++row) {
    float* const values = scores + row * block.columns;
    const int64_t width = block.first_width + row * block.step;
    const SoftmaxSums known = sums[row];
    for (int64_t i = 0; i < width; ++i)
      values[i] = Exp(values[i] - known.largest) * known.inverse_sum;
    std::fill(values + width, values + block.columns, 0.0f);
  }
}

// dS = P * (dP - sum(P * dP)).
TRAINYARD_VECTORIZED
void SoftmaxRowsBackward(const SoftmaxBlock& block, const float* probabilities, float* gradient) {
  for (int64_t row = 0; row < block.rows; ++row) {
    const float* const p = probabilities + row * block.columns;
    float* const values = gradient + row * block.columns;
    const int64_t width = block.first_width + row * block.step;
    const float mean = SumOf(width, [&](int64_t i) { return p[i] * values[i]; });
    for (int64_t i = 0; i < width; ++i) values[i] = p[i] * (values[i] - mean);
    std::fill(values + width, values + block.columns, 0.0f);
  }
}

TRAINYARD_VECTORIZED
void NormalizeRows(int64_t rows, int64_t features, float epsilon, const float* __restrict x,
                   const float* __restrict scale, const float* __restrict shift,
                   float* __restrict y, NormSums* sums) {
  const float count = static_cast<float>(features);
  for (int64_t row = 0; row < rows; ++row, x += features, y += features) {
    const float mean = SumOf(features, [&](int64_t i) { return x[i]; }) / count;
    const float variance =
        SumOf(features, [&](int64_t i) { return (x[i] - mean) * (x[i] - mean); }) / count;
    const float inverse = 1.0f / std::sqrt(variance + epsilon);
    for (int64_t i = 0; i < features; ++i) y[i] = (x[i] - mean) * inverse * scale[i] + shift[i];
    sums[row] = {mean, inverse};
  }
}

// With xhat = (x - mean) * inverse and g = dy * scale:
// dx = inverse * (g - mean(g) - xhat * mean(g * xhat)).
TRAINYARD_VECTORIZED
void NormalizeRowsBackward(int64_t rows, int64_t features, const float* __restrict x,
                           const float* __restrict dy, const float* __restrict scale,
                           const NormSums* sums, float* __restrict dx,
                           float* __restrict scale_gradient, float* __restrict shift_gradient) {
  const float count = static_cast<float>(features);
  for (int64_t row = 0; row < rows; ++row, x += features, dy += features) {
    const float mean = sums[row].mean;
    const float inverse = sums[row].inverse_deviation;
    for (int64_t i = 0; i < features; ++i) {
      scale_gradient[i] += dy[i] * ((x[i] - mean) * inverse);
      shift_gradient[i] += dy[i];
    }
    if (dx == nullptr) continue;
    const float sum = SumOf(features, [&](int64_t i) { return dy[i] * scale[i]; });
    const float product =
        SumOf(features, [&](int64_t i) { return dy[i] * scale[i] * ((x[i] - mean) * inverse); });
    const float offset = sum / count;
    const float factor = product / count;
    for (int64_t i = 0; i < features; ++i) {
      const float xhat = (x[i] - mean) * inverse;
      dx[i] = inverse * (dy[i] * scale[i] - offset - xhat * factor);
    }
    dx += features;
  }
}

}  // namespace trainyard::layers
