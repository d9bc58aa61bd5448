#include "engine/layers/gemm.h"

#include <algorithm>
#include <utility>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "absl/strings/match.h"

namespace trainyard::layers::gemm {
namespace {

// Columns of the result that are made together, in vectors of 16, and rows: what the registers hold
// sums for.
constexpr int64_t kVector = 16;
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
  return kDepth * (kSlice + kPackedStride) * static_cast<int64_t>(sizeof(float));
}

#if defined(__x86_64__)

#define TRAINYARD_AVX512_INLINE __attribute__((always_inline, target("avx512f,avx512bw"))) inline
#define TRAINYARD_BF16 __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define TRAINYARD_BF16_INLINE \
  __attribute__((always_inline, target("avx512f,avx512bw,avx512bf16"))) inline

namespace {

TRAINYARD_AVX512_INLINE __mmask16 FirstLanes(int64_t count) {
  return static_cast<__mmask16>((1U << std::clamp<int64_t>(count, 0, kVector)) - 1);
}

// rows[i] lane j <-> rows[j] lane i.
TRAINYARD_AVX512_INLINE void Transpose(__m512i (&rows)[kVector]) {
  __m512i pairs[kVector];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) {
    pairs[2 * i] = _mm512_unpacklo_epi32(rows[2 * i], rows[2 * i + 1]);
    pairs[2 * i + 1] = _mm512_unpackhi_epi32(rows[2 * i], rows[2 * i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    rows[4 * i] = _mm512_unpacklo_epi64(pairs[4 * i], pairs[4 * i + 2]);
    rows[4 * i + 1] = _mm512_unpackhi_epi64(pairs[4 * i], pairs[4 * i + 2]);
    rows[4 * i + 2] = _mm512_unpacklo_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
    rows[4 * i + 3] = _mm512_unpackhi_epi64(pairs[4 * i + 1], pairs[4 * i + 3]);
  }
  // Now quarter q of rows[4 * i + j] holds column 4 * q + j of rows 4 * i to 4 * i + 3.
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const __m512i low = _mm512_shuffle_i32x4(rows[j], rows[4 + j], 0x88);
    const __m512i high = _mm512_shuffle_i32x4(rows[j], rows[4 + j], 0xdd);
    const __m512i low2 = _mm512_shuffle_i32x4(rows[8 + j], rows[12 + j], 0x88);
    const __m512i high2 = _mm512_shuffle_i32x4(rows[8 + j], rows[12 + j], 0xdd);
    pairs[j] = _mm512_shuffle_i32x4(low, low2, 0x88);
    pairs[4 + j] = _mm512_shuffle_i32x4(high, high2, 0x88);
    pairs[8 + j] = _mm512_shuffle_i32x4(low, low2, 0xdd);
    pairs[12 + j] = _mm512_shuffle_i32x4(high, high2, 0xdd);
  }
#pragma GCC unroll 16
  for (int i = 0; i < kVector; ++i) rows[i] = pairs[i];
}

// Two bfloat16 or one float32, which have been written as such.
using Unit = int32_t __attribute__((may_alias));

// How the products read numbers: packed b is [k / kPair][columns][kPair], and so are packed columns
// of a.
struct Float32 {
  static constexpr int64_t kPair = 1;

  TRAINYARD_AVX512_INLINE static __m512 MultiplyAdd(__m512i a, __m512i b, __m512 sum) {
    return _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), sum);
  }
  // Sixteen units from row `row` of a [rows][columns], of columns in `lanes`.
  TRAINYARD_AVX512_INLINE static __m512i FromRows(const float* matrix, int64_t stride, int64_t,
                                                  int64_t row, __mmask16 lanes) {
    return _mm512_castps_si512(_mm512_maskz_loadu_ps(lanes, matrix + row * stride));
  }
  // Sixteen units from one row, `left` numbers of which there are.
  TRAINYARD_AVX512_INLINE static __m512i FromRow(const float* row, int64_t left) {
    return _mm512_castps_si512(_mm512_maskz_loadu_ps(FirstLanes(left), row));
  }
};

struct Bfloat16 {
  static constexpr int64_t kPair = 2;

  TRAINYARD_BF16_INLINE static __m512 MultiplyAdd(__m512i a, __m512i b, __m512 sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
  }
  TRAINYARD_BF16_INLINE static __m512i FromRows(const float* matrix, int64_t stride, int64_t rows,
                                                int64_t row, __mmask16 lanes) {
    const __m512 even = _mm512_maskz_loadu_ps(lanes, matrix + 2 * row * stride);
    const __m512 odd = 2 * row + 1 < rows
                           ? _mm512_maskz_loadu_ps(lanes, matrix + (2 * row + 1) * stride)
                           : _mm512_setzero_ps();
    const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(odd, even));
    const __m512i low = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(both));
    const __m512i high = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(both, 1));
    return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
  }
  TRAINYARD_BF16_INLINE static __m512i FromRow(const float* row, int64_t left) {
    const __m512 low = _mm512_maskz_loadu_ps(FirstLanes(left), row);
    const __m512 high = _mm512_maskz_loadu_ps(FirstLanes(left - kVector), row + kVector);
    return reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low));
  }
};

// `depth` rows of `columns` numbers, as [depth / kPair][stride] units, the columns filled up with
// zeros to a multiple of 16.
template <typename Product>
TRAINYARD_BF16_INLINE void PackRows(const float* from, int64_t from_stride, int64_t depth,
                                    int64_t columns, Unit* to, int64_t to_stride) {
  // Rows lie on pages of their own, which no prefetcher crosses.
  constexpr int64_t kAhead = 16;
  const int64_t units = (depth + Product::kPair - 1) / Product::kPair;
  for (int64_t unit = 0; unit < units; ++unit) {
    const float* const ahead =
        from + std::min(depth - 1, (unit + kAhead) * Product::kPair) * from_stride;
    for (int64_t column = 0; column < columns; column += kVector) {
      _mm_prefetch(ahead + column, _MM_HINT_T0);
      const __m512i values =
          Product::FromRows(from + column, from_stride, depth, unit, FirstLanes(columns - column));
      _mm512_storeu_si512(to + unit * to_stride + column, values);
    }
  }
}

// The same from `columns` rows of `depth` numbers.
template <typename Product>
TRAINYARD_BF16_INLINE void PackColumns(const float* from, int64_t from_stride, int64_t depth,
                                       int64_t columns, Unit* to, int64_t to_stride) {
  const int64_t units = (depth + Product::kPair - 1) / Product::kPair;
  for (int64_t column = 0; column < columns; column += kVector) {
    const int64_t count = std::min(kVector, columns - column);
    for (int64_t unit = 0; unit < units; unit += kVector) {
      const int64_t place = unit * Product::kPair;
      __m512i rows[kVector];
#pragma GCC unroll 16
      for (int64_t i = 0; i < kVector; ++i) {
        rows[i] = i < count
                      ? Product::FromRow(from + (column + i) * from_stride + place, depth - place)
                      : _mm512_setzero_si512();
      }
      Transpose(rows);
      const int64_t left = std::min(kVector, units - unit);
      for (int64_t i = 0; i < left; ++i)
        _mm512_storeu_si512(to + (unit + i) * to_stride + column, rows[i]);
    }
  }
}

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
TRAINYARD_BF16 void MultiplyAs(int64_t m, int64_t n, int64_t k, const Left& a,
                               const onednn::GemmOperand& b, const Result& c, void* scratch) {
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
                          depth, rows, packed_a, kPackedStride);
      } else {
        PackColumns<Product>(static_cast<const float*>(a.data) + top * a.stride + deep, a.stride,
                             depth, rows, packed_a, kPackedStride);
      }
      for (int64_t column = 0; column < n; column += kSlice) {
        const int64_t columns = std::min(kSlice, n - column);
        const int64_t width = (columns + kVector - 1) / kVector;
        if (b.transposed) {
          PackColumns<Product>(b.data + column * b.stride + deep, b.stride, depth, columns,
                               packed_b, width * kVector);
        } else {
          PackRows<Product>(b.data + deep * b.stride + column, b.stride, depth, columns, packed_b,
                            width * kVector);
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
         (onednn::HasBfloat16() && __builtin_cpu_supports("avx512bf16") &&
          !absl::StrContains(onednn::InstructionSet(), "amx"));
}

void Multiply(int64_t m, int64_t n, int64_t k, onednn::Type products, const Left& a,
              const onednn::GemmOperand& b, const Result& c, void* scratch) {
  const auto function =
      products == onednn::Type::kFloat32 ? MultiplyAs<Float32> : MultiplyAs<Bfloat16>;
  function(m, n, k, a, b, c, scratch);
}

#else

bool Supported(onednn::Type) { return false; }
void Multiply(int64_t, int64_t, int64_t, onednn::Type, const Left&, const onednn::GemmOperand&,
              const Result&, void*) {}

#endif

}  // namespace trainyard::layers::gemm
