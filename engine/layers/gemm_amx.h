// Matrix products of bfloat16 for machines with matrix tiles (AMX), where a core multiplies some
// ten times faster than it does in vectors and copying decides: both matrices are packed into tiles
// of 16 rows of 64 bytes that lie one after the other. Used by gemm::Multiply.
#pragma once

#include <cstdint>

#include "engine/layers/gemm.h"

namespace trainyard::layers::gemm {

// Of k, and rows of a that are packed together; columns of b.
constexpr int64_t kTileDepth = 1024;
constexpr int64_t kTilePanel = 256;
constexpr int64_t kTileSlice = 256;
// The packed parts, and a block of 32x32 sums.
constexpr int64_t kTileScratchBytes = kTileDepth * (kTilePanel + kTileSlice) * 2 + 32 * 32 * 4;

// As Multiply with products of bfloat16, where onednn::HasAmx().
void MultiplyByTiles(int64_t m, int64_t n, int64_t k, const Operand& a, const Operand& b,
                     const Result& c, void* scratch);

}  // namespace trainyard::layers::gemm
