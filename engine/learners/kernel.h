// Kernel functions of support vector machines, a block of them at once by a matrix product. Pure
// functions.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/tensor/thread_pool.h"

namespace trainyard::learners {

enum class KernelKind { kRbf, kPolynomial, kLinear };

struct Kernel {
  KernelKind kind = KernelKind::kRbf;
  double gamma = 1;  // rbf: exp(-gamma |a - b|^2); polynomial: (gamma a.b + coef0)^degree
  double coef0 = 0;
  int64_t degree = 3;
};

// Rows beside each other, with their squared norms.
struct KernelRows {
  const float* values = nullptr;  // [count, features]
  const float* norms = nullptr;   // [count]
  int64_t count = 0;
};

// [count].
std::vector<float> SquaredNorms(const float* rows, int64_t count, int64_t features);

// out[i * stride + j] = kernel(a[i], b[j]). A pool, where there is one, computes columns side by
// side; the bits are the same without.
void KernelBlock(const Kernel& kernel, const KernelRows& a, const KernelRows& b, int64_t features,
                 ThreadPool* pool, float* out, int64_t stride);

// 1 / (features * variance of all values), as scikit-learn's "scale".
double ScaleGamma(const float* rows, int64_t count, int64_t features);

// kernel(a, a) of a row with this squared norm.
float KernelOfItself(const Kernel& kernel, float norm);

}  // namespace trainyard::learners
