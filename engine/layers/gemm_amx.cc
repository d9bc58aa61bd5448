#include "engine/layers/gemm_amx.h"

#include <algorithm>

#include "engine/layers/gemm_pack.h"
#include "engine/tensor/amx.h"

namespace trainyard::layers::gemm {

#if defined(__x86_64__)

namespace {

using amx::kTileElements;
using amx::kTileUnits;

constexpr int64_t kPair = Bfloat16::kPair;
constexpr int64_t kStepDepth = kTileUnits * kPair;  // of k, in a tile
// Of a result that is made at once: two by two tiles.
constexpr int64_t kBlock = 2 * kVector;

int64_t StepsOf(int64_t depth) { return (depth + kStepDepth - 1) / kStepDepth; }

TRAINYARD_BF16_INLINE void Zero(Unit* to, int64_t vectors) {
  for (int64_t i = 0; i < vectors; ++i) _mm512_storeu_si512(to + i * kVector, __m512i{});
}

// A tile of a: 16 rows (`count` of them; zeros follow) of 32 along k, of which `left` are a's.
TRAINYARD_BF16_INLINE void PackTurnedTile(const float* from, int64_t stride, int64_t count,
                                          int64_t left, Unit* tile) {
  const __mmask16 lanes = FirstLanes(count);
  // Each row of the next step is on a page of its own.
  if (left > kStepDepth) {
    const int64_t ahead = std::min(kStepDepth, left - kStepDepth);
    for (int64_t i = 0; i < ahead; ++i) _mm_prefetch(from + (kStepDepth + i) * stride, _MM_HINT_T0);
  }
  __m512i units[kVector];
#pragma GCC unroll 16
  for (int64_t i = 0; i < kVector; ++i) {
    units[i] = i * kPair < left ? Bfloat16::FromRows(from, stride, left, i, lanes)
                                : _mm512_setzero_si512();
  }
  Transpose(units);
#pragma GCC unroll 16
  for (int64_t i = 0; i < kVector; ++i) _mm512_storeu_si512(tile + i * kVector, units[i]);
}

TRAINYARD_BF16_INLINE void PackTile(const Operand& a, int64_t start, int64_t count, int64_t left,
                                    Unit* tile) {
  if (a.type == onednn::Type::kBfloat16) {
    const uint16_t* const from = static_cast<const uint16_t*>(a.data) + start;
    const __mmask16 lanes = FirstLanes((left + 1) / kPair);
    for (int64_t row = 0; row < count; ++row) {
      _mm512_storeu_si512(tile + row * kVector,
                          _mm512_maskz_loadu_epi32(lanes, from + row * a.stride));
    }
  } else {
    const float* const from = static_cast<const float*>(a.data) + start;
    for (int64_t row = 0; row < count; ++row)
      _mm512_storeu_si512(tile + row * kVector, Bfloat16::FromRow(from + row * a.stride, left));
  }
  Zero(tile + count * kVector, kVector - count);
}

// Rows [top, top + rows) of a, of k [deep, deep + depth), in tiles [rows / 16][steps], `line` units
// between sixteen rows and the next.
TRAINYARD_BF16 void PackLeftPart(const Operand& a, int64_t top, int64_t rows, int64_t deep,
                                 int64_t depth, int64_t line, Unit* to) {
  const int64_t steps = StepsOf(depth);
  const auto pack = [&](int64_t first, int64_t step)
      __attribute__((always_inline, target("avx512f,avx512bw,avx512bf16"))) {
    Unit* const tile = to + first / kVector * line + step * kTileElements;
    const int64_t count = std::min(kVector, rows - first);
    const int64_t place = deep + step * kStepDepth;
    const int64_t left = deep + depth - place;
    const int64_t row = top + first;
    if (a.transposed) {
      PackTurnedTile(static_cast<const float*>(a.data) + place * a.stride + row, a.stride, count,
                     left, tile);
    } else {
      PackTile(a, row * a.stride + place, count, left, tile);
    }
  };
  // In the order of memory.
  if (a.transposed) {
    for (int64_t step = 0; step < steps; ++step) {
      for (int64_t first = 0; first < rows; first += kVector) pack(first, step);
    }
  } else {
    for (int64_t first = 0; first < rows; first += kVector) {
      for (int64_t step = 0; step < steps; ++step) pack(first, step);
    }
  }
}

// The same of columns of b.
TRAINYARD_BF16 void PackRightPart(const Operand& b, int64_t column, int64_t columns, int64_t deep,
                                  int64_t depth, int64_t line, Unit* to) {
  const float* const from = static_cast<const float*>(b.data);
  const Packed tiles = {to, kVector, line};
  if (b.transposed) {
    PackColumns<Bfloat16>(from + column * b.stride + deep, b.stride, depth, columns, tiles);
  } else {
    PackRows<Bfloat16>(from + deep * b.stride + column, b.stride, depth, columns, tiles);
  }
  const int64_t units = (depth + kPair - 1) / kPair;
  for (int64_t i = 0; i < columns; i += kVector)
    Zero(tiles.At(units, i), StepsOf(depth) * kTileUnits - units);
}

// The block of c that will be written next. Its lines lie on many pages, and are far away where c
// is large: they are fetched while the block before it is computed.
struct Ahead {
  const float* c;
  int64_t stride;
};

// The 32x32 sums of the tiles a [2][steps] and b [2][steps], the second ones `*_next` units on, are
// added to what tiles 0 to 3 hold.
TRAINYARD_AMX_INLINE void AddProducts(const Unit* a, int64_t a_next, const Unit* b, int64_t b_next,
                                      int64_t steps, const Ahead& ahead) {
  amx::AfterStores();
  int64_t row = 0;
  for (int64_t step = 0; step < steps; ++step, a += kTileElements, b += kTileElements) {
    for (const int64_t end = (step + 1) * kBlock / steps; row < end; ++row) {
      __builtin_prefetch(ahead.c + row * ahead.stride, 1);
      __builtin_prefetch(ahead.c + row * ahead.stride + kVector, 1);
    }
    amx::AddBlock(a, a + a_next, amx::kRowBytes, b, b + b_next);
  }
}

// Rows of tiles 0 to 3 lie `stride` bytes apart, and those of the lower ones follow.
TRAINYARD_AMX_INLINE void LoadSums(const float* from, int64_t stride, int64_t lower) {
  amx::AfterStores();
  _tile_loadd(0, from, stride);
  _tile_loadd(1, from + kVector, stride);
  _tile_loadd(2, from + lower, stride);
  _tile_loadd(3, from + lower + kVector, stride);
}

// Tiles of a side along k lie one after the other; `line` units on begin those of the next 16 rows
// or columns.
struct Side {
  const Unit* tiles;
  int64_t line;
};

// A part of a product: c [rows, columns] = what it holds, the bias or nothing, and scale * a * b.
struct Part {
  int64_t rows, columns, steps;
  Side a, b;
  float* c;
  int64_t c_stride;
  float scale;
  bool add;
  const float* bias;  // or null
};

TRAINYARD_AMX_INLINE Part BlockOf(const Part& part, int64_t row, int64_t column) {
  Part block = part;
  block.rows = std::min(kBlock, part.rows - row);
  block.columns = std::min(kBlock, part.columns - column);
  block.a.tiles += row / kVector * part.a.line;
  block.b.tiles += column / kVector * part.b.line;
  block.c += row * part.c_stride + column;
  if (part.bias != nullptr) block.bias += column;
  return block;
}

// What the 32x32 sums are for.
TRAINYARD_BF16_INLINE void Finish(const Part& block, const float* sums) {
  const __m512 scale = _mm512_set1_ps(block.scale);
  for (int64_t column = 0; column < block.columns; column += kVector) {
    const __mmask16 lanes = FirstLanes(block.columns - column);
    const __m512 start = block.bias != nullptr ? _mm512_maskz_loadu_ps(lanes, block.bias + column)
                                               : _mm512_setzero_ps();
    for (int64_t row = 0; row < block.rows; ++row) {
      float* const place = block.c + row * block.c_stride + column;
      const __m512 base = block.add ? _mm512_maskz_loadu_ps(lanes, place) : start;
      const __m512 sum = _mm512_loadu_ps(sums + row * kBlock + column);
      _mm512_mask_storeu_ps(place, lanes, _mm512_fmadd_ps(sum, scale, base));
    }
  }
}

// At most 32x32; `sums`: scratch of as many.
TRAINYARD_AMX_INLINE void MultiplyBlock(const Part& block, const Ahead& ahead, float* sums) {
  constexpr int64_t kFloatBytes = sizeof(float);
  const Side& a = block.a;
  const Side& b = block.b;
  if (block.rows == kBlock && block.columns == kBlock && block.scale == 1) {
    const int64_t lower = kVector * block.c_stride;
    if (block.add) {
      LoadSums(block.c, block.c_stride * kFloatBytes, lower);
    } else if (block.bias != nullptr) {
      LoadSums(block.bias, 0, 0);
    } else {
      amx::ZeroSums();
    }
    AddProducts(a.tiles, a.line, b.tiles, b.line, block.steps, ahead);
    amx::StoreSums(block.c, block.c_stride * kFloatBytes, lower, kVector);
    return;
  }
  // Without a second tile the first one serves: its sums are not read.
  amx::ZeroSums();
  AddProducts(a.tiles, block.rows > kVector ? a.line : 0, b.tiles,
              block.columns > kVector ? b.line : 0, block.steps, ahead);
  amx::StoreSums(sums, kBlock * kFloatBytes, kVector * kBlock, kVector);
  Finish(block, sums);
}

// In panels of rows that stay in the second cache while all columns meet them.
TRAINYARD_AMX void MultiplyPart(const Part& part, float* sums) {
  for (int64_t top = 0; top < part.rows; top += kTilePanel) {
    const int64_t end = std::min(part.rows, top + kTilePanel);
    for (int64_t column = 0; column < part.columns; column += kBlock) {
      for (int64_t row = top; row < end; row += kBlock) {
        const bool below = row + kBlock < end;
        const float* const next =
            part.c + (below ? row + kBlock : top) * part.c_stride + column + (below ? 0 : kBlock);
        MultiplyBlock(BlockOf(part, row, column), {next, part.c_stride}, sums);
      }
    }
  }
}

}  // namespace

TRAINYARD_AMX void MultiplyByTiles(int64_t m, int64_t n, int64_t k, const Operand& a,
                                   const Operand& b, const Result& c, void* scratch) {
  const amx::Tiles tiles;
  Unit* const packed_a = static_cast<Unit*>(scratch);
  Unit* const packed_b = packed_a + kTilePanel * kTileDepth / kPair;
  float* const sums = reinterpret_cast<float*>(packed_b + kTileSlice * kTileDepth / kPair);
  const int64_t whole_line = StepsOf(k) * kTileElements;
  const int64_t rows_at_once = a.packed ? m : kTilePanel;
  // Even parts of k, of whole steps.
  const int64_t parts = (k + kTileDepth - 1) / kTileDepth;
  const int64_t depth_at_once = StepsOf((k + parts - 1) / parts) * kStepDepth;
  Part part;
  part.c_stride = c.stride;
  part.scale = c.scale;
  for (int64_t top = 0; top < m; top += rows_at_once) {
    part.rows = std::min(rows_at_once, m - top);
    for (int64_t deep = 0; deep < k; deep += depth_at_once) {
      const int64_t depth = std::min(depth_at_once, k - deep);
      const int64_t before = deep / kStepDepth * kTileElements;
      part.steps = StepsOf(depth);
      part.add = c.add || deep > 0;
      const int64_t line = part.steps * kTileElements;
      if (!a.packed) PackLeftPart(a, top, part.rows, deep, depth, line, packed_a);
      part.a = a.packed ? Side{static_cast<const Unit*>(a.data) + before, whole_line}
                        : Side{packed_a, line};
      for (int64_t column = 0; column < n; column += kTileSlice) {
        part.columns = std::min(kTileSlice, n - column);
        if (!b.packed) PackRightPart(b, column, part.columns, deep, depth, line, packed_b);
        part.b =
            b.packed
                ? Side{static_cast<const Unit*>(b.data) + before + column / kVector * whole_line,
                       whole_line}
                : Side{packed_b, line};
        part.c = c.data + top * c.stride + column;
        part.bias = c.bias != nullptr ? c.bias + column : nullptr;
        MultiplyPart(part, sums);
      }
    }
  }
}

int64_t PackedBytes(int64_t rows_or_columns, int64_t k) {
  const int64_t lines = (rows_or_columns + kPackedTogether - 1) / kPackedTogether;
  return lines * StepsOf(k) * kTileElements * static_cast<int64_t>(sizeof(Unit));
}

void PackLeft(const Operand& a, int64_t k, const Rectangle& part, void* packed) {
  const int64_t line = StepsOf(k) * kTileElements;
  PackLeftPart(a, part.first, part.count, part.deep, part.depth, line,
               static_cast<Unit*>(packed) + part.first / kVector * line +
                   part.deep / kStepDepth * kTileElements);
}

void PackRight(const Operand& b, int64_t k, const Rectangle& part, void* packed) {
  const int64_t line = StepsOf(k) * kTileElements;
  PackRightPart(b, part.first, part.count, part.deep, part.depth, line,
                static_cast<Unit*>(packed) + part.first / kVector * line +
                    part.deep / kStepDepth * kTileElements);
}

#else

void MultiplyByTiles(int64_t, int64_t, int64_t, const Operand&, const Operand&, const Result&,
                     void*) {}
int64_t PackedBytes(int64_t, int64_t) { return 0; }
void PackLeft(const Operand&, int64_t, const Rectangle&, void*) {}
void PackRight(const Operand&, int64_t, const Rectangle&, void*) {}

#endif

}  // namespace trainyard::layers::gemm
