#include "engine/layers/gemm.h"

#include <algorithm>
#include <utility>

#include "engine/layers/gemm_amx.h"
#include "engine/layers/gemm_pack.h"

namespace trainyard::layers::gemm {
namespace {

// Columns of the result that are made together, in vectors, and rows: what the registers hold sums
// for.
constexpr int kSliceVectors = 4;
constexpr int64_t kSlice = kSliceVectors * kVector;
constexpr int kRows = 6;
// Of k: a packed slice of b should stay in a core's first caches.
constexpr int64_t kDepth = 512;
// Rows of a that are packed together where it is read by columns.
constexpr int64_t kPackedRows = 42 * kRows;
// Between rows of packed columns of a, so that they do not fall on the same sets of a cache.
constexpr int64_t kPackedStride = kPackedRows + 4 + kVector;

}  // namespace

int64_t ScratchBytes() {
  return std::max(kTileScratchBytes,
                  kDepth * (kSlice + kPackedStride) * static_cast<int64_t>(sizeof(float)));
}

#if defined(__x86_64__)

namespace {

// A block of the result: Rows rows and Width vectors of columns, of which the last one's are
// `last_lanes`. a's unit i of row r is at a[r * row_stride + i * unit_stride]; b is a packed slice.
struct Block {
  int64_t units;
  const Unit* a;
  int64_t row_stride, unit_stride;
  const Unit* b;
  float* c;
  int64_t c_stride;
  float scale;
  // What is added to: what c holds, else the bias, else nothing.
  bool add;
  const float* bias;
  __mmask16 last_lanes;
};

template <typename Product, int Rows, int Width>
TRAINYARD_BF16 void MultiplyBlock(const Block& block) {
  __m512 sums[Rows][Width];
#pragma GCC unroll 4
  for (int k = 0; k < Width; ++k) {
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) sums[row][k] = _mm512_setzero_ps();
  }
  const Unit* a = block.a;
  const Unit* b = block.b;
  for (int64_t i = 0; i < block.units; ++i, a += block.unit_stride, b += Width * kVector) {
    __m512i right[Width];
#pragma GCC unroll 4
    for (int k = 0; k < Width; ++k) right[k] = _mm512_loadu_si512(b + k * kVector);
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) {
      const __m512i left = _mm512_set1_epi32(a[row * block.row_stride]);
#pragma GCC unroll 4
      for (int k = 0; k < Width; ++k)
        sums[row][k] = Product::MultiplyAdd(left, right[k], sums[row][k]);
    }
  }
#pragma GCC unroll 4
  for (int k = 0; k < Width; ++k) {
    const __mmask16 lanes = k == Width - 1 ? block.last_lanes : static_cast<__mmask16>(0xffff);
    const __m512 bias = block.bias != nullptr
                            ? _mm512_maskz_loadu_ps(lanes, block.bias + k * kVector)
                            : _mm512_setzero_ps();
#pragma GCC unroll 8
    for (int row = 0; row < Rows; ++row) {
      float* const to = block.c + row * block.c_stride + k * kVector;
      const __m512 base = block.add ? _mm512_maskz_loadu_ps(lanes, to) : bias;
      _mm512_mask_storeu_ps(to, lanes,
                            _mm512_fmadd_ps(sums[row][k], _mm512_set1_ps(block.scale), base));
    }
  }
}

using BlockFunction = void (*)(const Block&);

// [rows - 1][width - 1].
template <typename Product, int... Rows>
constexpr auto BlockFunctions(std::integer_sequence<int, Rows...>) {
  struct Table {
    BlockFunction functions[kRows][kSliceVectors];
  };
  return Table{{{MultiplyBlock<Product, Rows + 1, 1>, MultiplyBlock<Product, Rows + 1, 2>,
                 MultiplyBlock<Product, Rows + 1, 3>, MultiplyBlock<Product, Rows + 1, 4>}...}};
}
template <typename Product>
constexpr auto kBlockFunctions = BlockFunctions<Product>(std::make_integer_sequence<int, kRows>());

template <typename Product>
TRAINYARD_BF16 void MultiplyAs(int64_t m, int64_t n, int64_t k, const Operand& a, const Operand& b,
                               const Result& c, void* scratch) {
  constexpr int64_t kPair = Product::kPair;
  Unit* const packed_b = static_cast<Unit*>(scratch);
  Unit* const packed_a = packed_b + kDepth * kSlice;
  const bool as_it_lies = !a.transposed && (kPair == 1 || a.type == onednn::Type::kBfloat16);
  const int64_t rows_at_once = as_it_lies ? m : kPackedRows;
  // Even blocks of k, of whole pairs.
  const int64_t blocks = (k + kDepth - 1) / kDepth;
  const int64_t depth_at_once = ((k + blocks - 1) / blocks + kPair - 1) / kPair * kPair;
  for (int64_t top = 0; top < m; top += rows_at_once) {
    const int64_t rows = std::min(rows_at_once, m - top);
    for (int64_t deep = 0; deep < k; deep += depth_at_once) {
      const int64_t depth = std::min(depth_at_once, k - deep);
      Block block;
      block.units = (depth + kPair - 1) / kPair;
      block.c_stride = c.stride;
      block.scale = c.scale;
      block.add = c.add || deep > 0;
      const Unit* left = packed_a;
      block.row_stride = 1;
      block.unit_stride = kPackedStride;
      if (as_it_lies) {
        left = static_cast<const Unit*>(a.data) + (top * a.stride + deep) / kPair;
        block.row_stride = a.stride / kPair;
        block.unit_stride = 1;
      } else if (a.transposed) {
        PackRows<Product>(static_cast<const float*>(a.data) + deep * a.stride + top, a.stride,
                          depth, rows, {packed_a, kPackedStride, kVector});
      } else {
        PackColumns<Product>(static_cast<const float*>(a.data) + top * a.stride + deep, a.stride,
                             depth, rows, {packed_a, kPackedStride, kVector});
      }
      for (int64_t column = 0; column < n; column += kSlice) {
        const int64_t columns = std::min(kSlice, n - column);
        const int64_t width = (columns + kVector - 1) / kVector;
        const float* const right = static_cast<const float*>(b.data);
        const Packed slice = {packed_b, width * kVector, kVector};
        if (b.transposed) {
          PackColumns<Product>(right + column * b.stride + deep, b.stride, depth, columns, slice);
        } else {
          PackRows<Product>(right + deep * b.stride + column, b.stride, depth, columns, slice);
        }
        block.b = packed_b;
        block.bias = c.bias != nullptr ? c.bias + column : nullptr;
        block.last_lanes = FirstLanes(columns - (width - 1) * kVector);
        for (int64_t row = 0; row < rows; row += kRows) {
          block.a = left + row * block.row_stride;
          block.c = c.data + (top + row) * c.stride + column;
          const int64_t count = std::min<int64_t>(kRows, rows - row);
          kBlockFunctions<Product>.functions[count - 1][width - 1](block);
        }
      }
    }
  }
}

}  // namespace

bool Supported(onednn::Type products) {
  if (!onednn::HasAvx512()) return false;
  return products == onednn::Type::kFloat32 ||
         (onednn::HasBfloat16() && __builtin_cpu_supports("avx512bf16"));
}

void Multiply(int64_t m, int64_t n, int64_t k, onednn::Type products, const Operand& a,
              const Operand& b, const Result& c, void* scratch) {
  const auto function = products == onednn::Type::kFloat32 ? MultiplyAs<Float32>
                        : PacksAhead(products)             ? MultiplyByTiles
                                                           : MultiplyAs<Bfloat16>;
  function(m, n, k, a, b, c, scratch);
}

#else

bool Supported(onednn::Type) { return false; }
void Multiply(int64_t, int64_t, int64_t, onednn::Type, const Operand&, const Operand&,
              const Result&, void*) {}

#endif

bool PacksAhead(onednn::Type products) {
  return products == onednn::Type::kBfloat16 && onednn::HasAmx();
}

}  // namespace trainyard::layers::gemm
