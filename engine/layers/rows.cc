#include "engine/layers/rows.h"

#include <algorithm>
#include <cmath>

#include "engine/base/exp.h"

namespace trainyard::layers {
namespace {

// Partial results that a compiler keeps in vector registers; fixed, so that the order of sums is.
constexpr int64_t kLanes = 16;

#define TRAINYARD_INLINE [[gnu::always_inline]] inline

struct Lanes {
  float values[kLanes] = {};

  TRAINYARD_INLINE float Sum() const {
    float halves[kLanes];
    std::copy(values, values + kLanes, halves);
    for (int64_t width = kLanes / 2; width > 0; width /= 2) {
      for (int64_t lane = 0; lane < width; ++lane) halves[lane] += halves[lane + width];
    }
    return halves[0];
  }
};

// The sum over i of term(i), which gets inlined.
template <typename Term>
TRAINYARD_INLINE float SumOf(int64_t count, const Term& term) {
  Lanes lanes;
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes.values[lane] += term(i + lane);
  }
  for (int64_t lane = 0; i + lane < count; ++lane) lanes.values[lane] += term(i + lane);
  return lanes.Sum();
}

TRAINYARD_INLINE float Largest(int64_t count, const float* values) {
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

struct Softmax {
  TRAINYARD_INLINE static void Run(const SoftmaxBlock& block, float* scores, SoftmaxSums* sums) {
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
};

struct SoftmaxAgain {
  TRAINYARD_INLINE static void Run(const SoftmaxBlock& block, const SoftmaxSums* sums,
                                   float* scores) {
    for (int64_t row = 0; row < block.rows; ++row) {
      float* const values = scores + row * block.columns;
      const int64_t width = block.first_width + row * block.step;
      const SoftmaxSums known = sums[row];
      for (int64_t i = 0; i < width; ++i)
        values[i] = Exp(values[i] - known.largest) * known.inverse_sum;
      std::fill(values + width, values + block.columns, 0.0f);
    }
  }
};

// dS = P * (dP - sum(P * dP)).
struct SoftmaxBackward {
  TRAINYARD_INLINE static void Run(const SoftmaxBlock& block, const float* probabilities,
                                   float* gradient) {
    for (int64_t row = 0; row < block.rows; ++row) {
      const float* const p = probabilities + row * block.columns;
      float* const values = gradient + row * block.columns;
      const int64_t width = block.first_width + row * block.step;
      const float mean = SumOf(width, [&](int64_t i) { return p[i] * values[i]; });
      for (int64_t i = 0; i < width; ++i) values[i] = p[i] * (values[i] - mean);
      std::fill(values + width, values + block.columns, 0.0f);
    }
  }
};

struct Normalize {
  TRAINYARD_INLINE static void Run(int64_t rows, int64_t features, float epsilon,
                                   const float* __restrict x, const float* __restrict scale,
                                   const float* __restrict shift, float* __restrict y,
                                   NormSums* sums) {
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
};

// With xhat = (x - mean) * inverse and g = dy * scale:
// dx = inverse * (g - mean(g) - xhat * mean(g * xhat)).
struct NormalizeBackward {
  TRAINYARD_INLINE static void Run(int64_t rows, int64_t features, const float* __restrict x,
                                   const float* __restrict dy, const float* __restrict scale,
                                   const NormSums* sums, float* __restrict dx,
                                   float* __restrict scale_gradient,
                                   float* __restrict shift_gradient) {
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
};

// Body::Run compiled for the instruction sets that differ in vector length.
#if defined(__x86_64__)
template <typename Body, typename... Arguments>
__attribute__((target("avx512f"))) void RunAvx512(Arguments... arguments) {
  Body::Run(arguments...);
}
template <typename Body, typename... Arguments>
__attribute__((target("avx2"))) void RunAvx2(Arguments... arguments) {
  Body::Run(arguments...);
}
#endif

template <typename Body, typename... Arguments>
void Dispatch(Arguments... arguments) {
#if defined(__x86_64__)
  static const bool has_avx512 = __builtin_cpu_supports("avx512f") != 0;
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx512) return RunAvx512<Body>(arguments...);
  if (has_avx2) return RunAvx2<Body>(arguments...);
#endif
  Body::Run(arguments...);
}

#undef TRAINYARD_INLINE

}  // namespace

void SoftmaxRows(const SoftmaxBlock& block, float* scores, SoftmaxSums* sums) {
  Dispatch<Softmax>(block, scores, sums);
}

void SoftmaxRowsAgain(const SoftmaxBlock& block, const SoftmaxSums* sums, float* scores) {
  Dispatch<SoftmaxAgain>(block, sums, scores);
}

void SoftmaxRowsBackward(const SoftmaxBlock& block, const float* probabilities, float* gradient) {
  Dispatch<SoftmaxBackward>(block, probabilities, gradient);
}

void NormalizeRows(int64_t rows, int64_t features, float epsilon, const float* x,
                   const float* scale, const float* shift, float* y, NormSums* sums) {
  Dispatch<Normalize>(rows, features, epsilon, x, scale, shift, y, sums);
}

void NormalizeRowsBackward(int64_t rows, int64_t features, const float* x, const float* dy,
                           const float* scale, const NormSums* sums, float* dx,
                           float* scale_gradient, float* shift_gradient) {
  Dispatch<NormalizeBackward>(rows, features, x, dy, scale, sums, dx, scale_gradient,
                              shift_gradient);
}

}  // namespace trainyard::layers
