// Matrix tiles of AMX as kernels of ours use them: eight of 16 rows of 64 bytes. Tiles 0 to 3 hold
// a block of 32x32 sums, 4 and 5 its left side, 6 and 7 its right one; a tile that is to be read
// lies in 1 KiB without gaps, unless a stride is told. For threads of a process where
// onednn::HasAmx().
#pragma once

#if defined(__x86_64__)

#include <cstdint>

#include <immintrin.h>

#define TRAINYARD_AMX \
  __attribute__((target("avx512f,avx512bw,avx512bf16,amx-tile,amx-bf16,prfchw")))
#define TRAINYARD_AMX_INLINE    \
  __attribute__((always_inline, \
                 target("avx512f,avx512bw,avx512bf16,amx-tile,amx-bf16,prfchw"))) inline

namespace trainyard::amx {

constexpr int64_t kTileRows = 16;
constexpr int64_t kTileUnits = 16;  // pairs of bfloat16 in a row, or float32
constexpr int64_t kTileElements = kTileRows * kTileUnits;
constexpr int64_t kRowBytes = 64;

struct alignas(64) Configuration {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {kRowBytes, kRowBytes, kRowBytes, kRowBytes,
                            kRowBytes, kRowBytes, kRowBytes, kRowBytes};
  uint8_t rows[16] = {kTileRows, kTileRows, kTileRows, kTileRows,
                      kTileRows, kTileRows, kTileRows, kTileRows};
};
// No local one: g++ believes that its first bytes alone are read.
inline constexpr Configuration kConfiguration;

// The tiles of this thread, for as long as this lives.
class Tiles {
 public:
  TRAINYARD_AMX Tiles() { _tile_loadconfig(&kConfiguration); }
  TRAINYARD_AMX ~Tiles() { _tile_release(); }
  Tiles(const Tiles&) = delete;
  Tiles& operator=(const Tiles&) = delete;
};

// Between stores and a tile's loading of them: g++ does not know that it reads memory.
TRAINYARD_AMX_INLINE void AfterStores() { asm volatile("" ::: "memory"); }

TRAINYARD_AMX_INLINE void ZeroSums() {
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
}

// Adds the products of 32 rows, `stride` bytes apart in two tiles, and 32 columns in two tiles to
// the sums.
TRAINYARD_AMX_INLINE void AddBlock(const void* upper, const void* lower, int64_t stride,
                                   const void* left, const void* right) {
  _tile_loadd(4, upper, stride);
  _tile_loadd(6, left, kRowBytes);
  _tile_loadd(7, right, kRowBytes);
  _tile_loadd(5, lower, stride);
  _tile_dpbf16ps(0, 4, 6);
  _tile_dpbf16ps(1, 4, 7);
  _tile_dpbf16ps(2, 5, 6);
  _tile_dpbf16ps(3, 5, 7);
}

// Rows of the sums `stride` bytes apart; the lower and the right ones as many floats on.
TRAINYARD_AMX_INLINE void StoreSums(float* to, int64_t stride, int64_t lower, int64_t right) {
  _tile_stored(0, to, stride);
  _tile_stored(1, to + right, stride);
  _tile_stored(2, to + lower, stride);
  _tile_stored(3, to + lower + right, stride);
}

}  // namespace trainyard::amx

#endif
