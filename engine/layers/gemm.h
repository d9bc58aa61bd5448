// Matrix products of one thread, c = scale * a * b (+ bias, or + c), for AVX-512: for products of a
// few hundred rows, where general libraries lose a fifth to the copying of b. Sums go over k in
// blocks, in an order that the sizes alone decide.
//
// With products of bfloat16, float32 numbers are rounded as they are packed; sums are float32.
// Machines with matrix tiles multiply faster than they pack: where several products share a side,
// it is better packed once, ahead of them. Used by MatmulTiles.
#pragma once

#include <cstdint>

#include "engine/tensor/onednn.h"

namespace trainyard::layers::gemm {

// Whether this machine can, and nothing better is known for it.
bool Supported(onednn::Type products);

// One side of a product, row by row in rows of `stride` numbers: a as [m, k] and b as [k, n];
// `transposed`: as [k, m] and [n, k].
struct Operand {
  const void* data = nullptr;
  int64_t stride = 0;
  bool transposed = false;
  // Bfloat16 only for an a of products of bfloat16, row by row, k and stride even: it is then read
  // as it lies.
  onednn::Type type = onednn::Type::kFloat32;
  // By PackLeft (a) or PackRight (b), all of k; the rest of this does not matter.
  bool packed = false;
};
struct Result {
  float* data = nullptr;  // [m, n]
  int64_t stride = 0;
  const float* bias = nullptr;  // [n], or null
  float scale = 1;
  bool add = false;  // to what c holds; c is not read else
};

int64_t ScratchBytes();
void Multiply(int64_t m, int64_t n, int64_t k, onednn::Type products, const Operand& a,
              const Operand& b, const Result& c, void* scratch);

// Whether sides can be packed ahead on this machine.
bool PacksAhead(onednn::Type products);
// Rows of a, columns of b, that are packed together: products of parts of them begin at a multiple,
// and there at PackedBytes(rows or columns before, k).
constexpr int64_t kPackedTogether = 16;
int64_t PackedBytes(int64_t rows_or_columns, int64_t k);
// A part of a side: begins at a multiple of kPackedTogether, and along k at one of kPackedDepth.
struct Rectangle {
  int64_t first, count;  // rows of a, columns of b
  int64_t deep, depth;   // along k
};
constexpr int64_t kPackedDepth = 32;
// `packed`: of the whole side.
void PackLeft(const Operand& a, int64_t k, const Rectangle& part, void* packed);
void PackRight(const Operand& b, int64_t k, const Rectangle& part, void* packed);

}  // namespace trainyard::layers::gemm
