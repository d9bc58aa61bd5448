// Matrix products of one thread, c = scale * a * b (+ bias, or + c), for AVX-512: for products of a
// few hundred rows, where general libraries lose a fifth to the copying of b. Sums go over k in
// blocks, in an order that the sizes alone decide.
//
// With products of bfloat16, float32 numbers are rounded as they are packed; sums are float32. Used
// by MatmulTiles.
#pragma once

#include <cstdint>

#include "engine/tensor/onednn.h"

namespace trainyard::layers::gemm {

// Whether this machine can, and nothing better is known for it.
bool Supported(onednn::Type products);

struct Left {
  // [m, k] row by row, or (transposed) [k, m] row by row.
  const void* data = nullptr;
  int64_t stride = 0;
  bool transposed = false;
  // Bfloat16 only with products of bfloat16, row by row, k and stride even: it is then read as it
  // lies.
  onednn::Type type = onednn::Type::kFloat32;
};
struct Result {
  float* data = nullptr;  // [m, n]
  int64_t stride = 0;
  const float* bias = nullptr;  // [n], or null
  float scale = 1;
  bool add = false;  // to what c holds; c is not read else
};

int64_t ScratchBytes();
void Multiply(int64_t m, int64_t n, int64_t k, onednn::Type products, const Left& a,
              const onednn::GemmOperand& b, const Result& c, void* scratch);

}  // namespace trainyard::layers::gemm
