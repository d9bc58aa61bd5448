// How the kernels of gemm.h and its like arrange matrices for their products: units of one float32
// or of two bfloat16 that follow each other along k, in vectors of sixteen columns. For AVX-512;
// included by kernels only.
#pragma once

#if defined(__x86_64__)

#include <algorithm>
#include <cstdint>

#include <immintrin.h>

#define TRAINYARD_AVX512_INLINE __attribute__((always_inline, target("avx512f,avx512bw"))) inline
#define TRAINYARD_BF16 __attribute__((target("avx512f,avx512bw,avx512bf16")))
#define TRAINYARD_BF16_INLINE \
  __attribute__((always_inline, target("avx512f,avx512bw,avx512bf16"))) inline

namespace trainyard::layers::gemm {

// Numbers of a vector register.
constexpr int64_t kVector = 16;

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

// Where a packed matrix has the unit `unit` of the 16 columns from `column` on: at
// unit * unit_stride + column / 16 * block_stride.
struct Packed {
  Unit* data;
  int64_t unit_stride;
  int64_t block_stride;

  TRAINYARD_AVX512_INLINE Unit* At(int64_t unit, int64_t column) const {
    return data + unit * unit_stride + column / kVector * block_stride;
  }
};

// `depth` rows of `columns` numbers, the columns filled up with zeros to a multiple of 16.
template <typename Product>
TRAINYARD_BF16_INLINE void PackRows(const float* from, int64_t from_stride, int64_t depth,
                                    int64_t columns, const Packed& to) {
  // Rows lie on pages of their own, which no prefetcher crosses.
  constexpr int64_t kAhead = 16;
  const int64_t units = (depth + Product::kPair - 1) / Product::kPair;
  for (int64_t unit = 0; unit < units; ++unit) {
    const int64_t row = std::min(depth - Product::kPair, (unit + kAhead) * Product::kPair);
    const float* const ahead = from + std::max<int64_t>(row, 0) * from_stride;
    for (int64_t column = 0; column < columns; column += kVector) {
      _mm_prefetch(ahead + column, _MM_HINT_T0);
      if constexpr (Product::kPair == 2) _mm_prefetch(ahead + from_stride + column, _MM_HINT_T0);
      const __m512i values =
          Product::FromRows(from + column, from_stride, depth, unit, FirstLanes(columns - column));
      _mm512_storeu_si512(to.At(unit, column), values);
    }
  }
}

// The same from `columns` rows of `depth` numbers.
template <typename Product>
TRAINYARD_BF16_INLINE void PackColumns(const float* from, int64_t from_stride, int64_t depth,
                                       int64_t columns, const Packed& to) {
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
      for (int64_t i = 0; i < left; ++i) _mm512_storeu_si512(to.At(unit + i, column), rows[i]);
    }
  }
}

}  // namespace trainyard::layers::gemm

#endif
