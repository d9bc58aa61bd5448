#include "engine/learners/kernel.h"

#include <algorithm>
#include <cmath>

#include "engine/base/exp.h"
#include "engine/base/vectorized.h"
#include "engine/tensor/onednn.h"

namespace trainyard::learners {
namespace {

constexpr int64_t kColumns = 1024;

// dots: products of a with every b, which become kernel values.
TRAINYARD_VECTORIZED void RbfOfDots(float gamma, float a_norm, const float* b_norms, int64_t count,
                                    float* dots) {
  for (int64_t j = 0; j < count; ++j) {
    const float distance = a_norm + b_norms[j] - 2 * dots[j];
    dots[j] = Exp(-gamma * (distance > 0 ? distance : 0.0f));
  }
}

TRAINYARD_VECTORIZED void PowerOfDots(float gamma, float coef0, int64_t degree, int64_t count,
                                      float* dots) {
  for (int64_t j = 0; j < count; ++j) {
    const float base = gamma * dots[j] + coef0;
    float power = 1;
    for (int64_t k = 0; k < degree; ++k) power *= base;
    dots[j] = power;
  }
}

void OfDots(const Kernel& kernel, float a_norm, const float* b_norms, int64_t count, float* dots) {
  const float gamma = static_cast<float>(kernel.gamma);
  if (kernel.kind == KernelKind::kRbf) return RbfOfDots(gamma, a_norm, b_norms, count, dots);
  if (kernel.kind == KernelKind::kPolynomial)
    PowerOfDots(gamma, static_cast<float>(kernel.coef0), kernel.degree, count, dots);
}

}  // namespace

std::vector<float> SquaredNorms(const float* rows, int64_t count, int64_t features) {
  std::vector<float> norms(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) {
    const float* const row = rows + i * features;
    double sum = 0;
    for (int64_t f = 0; f < features; ++f) sum += static_cast<double>(row[f]) * row[f];
    norms[static_cast<size_t>(i)] = static_cast<float>(sum);
  }
  return norms;
}

void KernelBlock(const Kernel& kernel, const KernelRows& a, const KernelRows& b, int64_t features,
                 ThreadPool* pool, float* out, int64_t stride) {
  const int tiles = static_cast<int>((b.count + kColumns - 1) / kColumns);
  const auto compute = [&](int tile, int) {
    const int64_t first = tile * kColumns;
    const int64_t count = std::min(kColumns, b.count - first);
    onednn::Gemm(a.count, count, features, 1, {a.values, features, false},
                 {b.values + first * features, features, true}, 0, out + first, stride);
    for (int64_t i = 0; i < a.count; ++i)
      OfDots(kernel, a.norms[i], b.norms + first, count, out + i * stride + first);
  };
  if (pool != nullptr) return pool->Run(tiles, compute);
  for (int tile = 0; tile < tiles; ++tile) compute(tile, 0);
}

double ScaleGamma(const float* rows, int64_t count, int64_t features) {
  const int64_t size = count * features;
  double sum = 0;
  for (int64_t i = 0; i < size; ++i) sum += rows[i];
  const double mean = sum / static_cast<double>(size);
  double squares = 0;
  for (int64_t i = 0; i < size; ++i) {
    const double off = rows[i] - mean;
    squares += off * off;
  }
  const double variance = squares / static_cast<double>(size);
  return 1 / (static_cast<double>(features) * (variance > 0 ? variance : 1));
}

float KernelOfItself(const Kernel& kernel, float norm) {
  if (kernel.kind == KernelKind::kRbf) return 1;
  float value = norm;
  OfDots(kernel, norm, &norm, 1, &value);
  return value;
}

}  // namespace trainyard::learners
