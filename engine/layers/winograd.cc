#include "engine/layers/winograd.h"

#include <algorithm>
#include <cstdlib>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "engine/tensor/onednn.h"

namespace trainyard::layers::winograd {
namespace {

using convolution::Geometry;
using convolution::kBlock;
using convolution::kSliceBlocks;
using convolution::Range;

constexpr int64_t kTile = 4;                                      // results along an axis
constexpr int64_t kPatch = 6;                                     // inputs along an axis
constexpr int64_t kTaps = 3;                                      // weights along an axis
constexpr int64_t kPairFloats = kTaps * kTaps * kBlock * kBlock;  // weights of a pair of blocks
// Between the matrices of two points, so that they do not fall on the same sets of a cache.
constexpr int64_t kGapFloats = kBlock;
// Rows that a matrix may have beyond its tiles: the products come in groups of rows.
constexpr int64_t kRowMultiple = 24;

// Tiles whose patches are worked on together: the transformed patches and the products of a slice
// should stay in a core's cache, and use the transformed weights often enough where there are many.
int64_t ConvolveTiles(int64_t in_blocks) {
  constexpr int64_t kFewBlocks = 8;
  return in_blocks <= kFewBlocks ? kRowMultiple : 2 * kRowMultiple;
}
constexpr int64_t kGradientTiles = 32;

int64_t TilesHigh(const Geometry& geometry) { return (geometry.out_height + kTile - 1) / kTile; }
int64_t TilesWide(const Geometry& geometry) { return (geometry.out_width + kTile - 1) / kTile; }

// Transformed weights lie as [slice][point][input channel][blocks of the slice][16].
int64_t PointStride(const Geometry& geometry, int64_t blocks) {
  return geometry.in_blocks * kBlock * blocks * kBlock + kGapFloats;
}

// Of the slice that begins with output block `block`.
int64_t SliceOffset(const Geometry& geometry, int64_t block) {
  const int64_t rest = block % kSliceBlocks;
  return kPoints * (block / kSliceBlocks * PointStride(geometry, kSliceBlocks) +
                    (rest > 0 ? PointStride(geometry, rest) : 0));
}

}  // namespace

int64_t Tiles(const Geometry& geometry) { return TilesHigh(geometry) * TilesWide(geometry); }

#if defined(__x86_64__)

#define TRAINYARD_AVX512 __attribute__((target("avx512f")))
#define TRAINYARD_AVX512_INLINE __attribute__((always_inline, target("avx512f"))) inline

namespace {

// Sixteen channels.
using Vector = __m512;

TRAINYARD_AVX512_INLINE Vector Load(const float* from) { return _mm512_loadu_ps(from); }
TRAINYARD_AVX512_INLINE void Store(float* to, Vector values) { _mm512_storeu_ps(to, values); }
TRAINYARD_AVX512_INLINE Vector Of(float value) { return _mm512_set1_ps(value); }

// The points are 0, a, -a, b, -b and infinity: these keep the largest error at a quarter of what 1
// and 2 give, and their squares are exact.
constexpr float kA = 0.625f;
constexpr float kB = 1.5f;
constexpr float kA2 = kA * kA;
constexpr float kB2 = kB * kB;
// 1 / (the product of a point's distances to the other finite ones).
constexpr float kScale0 = static_cast<float>(1.0 / (double{kA2} * kB2));
constexpr float kScaleA = static_cast<float>(1.0 / (2.0 * kA2 * (double{kA2} - kB2)));
constexpr float kScaleB = static_cast<float>(1.0 / (2.0 * kB2 * (double{kB2} - kA2)));

// Each takes kFrom numbers along an axis to kTo.
//
// B^T d.
struct PatchTransform {
  static constexpr int64_t kFrom = kPatch;
  static constexpr int64_t kTo = kPatch;
  TRAINYARD_AVX512_INLINE static void Apply(const Vector* d, Vector* out) {
    const Vector even_a = d[4] - Of(kB2) * d[2];
    const Vector odd_a = Of(kA) * (d[3] - Of(kB2) * d[1]);
    const Vector even_b = d[4] - Of(kA2) * d[2];
    const Vector odd_b = Of(kB) * (d[3] - Of(kA2) * d[1]);
    out[0] = Of(kA2 * kB2) * d[0] + (d[4] - Of(kA2 + kB2) * d[2]);
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = Of(kA2 * kB2) * d[1] + (d[5] - Of(kA2 + kB2) * d[3]);
  }
};

// A^T m.
struct ProductTransform {
  static constexpr int64_t kFrom = kPatch;
  static constexpr int64_t kTo = kTile;
  TRAINYARD_AVX512_INLINE static void Apply(const Vector* m, Vector* out) {
    const Vector even_a = m[1] + m[2];
    const Vector odd_a = Of(kA) * (m[1] - m[2]);
    const Vector even_b = m[3] + m[4];
    const Vector odd_b = Of(kB) * (m[3] - m[4]);
    out[0] = m[0] + even_a + even_b;
    out[1] = odd_a + odd_b;
    out[2] = Of(kA2) * even_a + Of(kB2) * even_b;
    out[3] = Of(kA2) * odd_a + Of(kB2) * odd_b + m[5];
  }
};

// A y: ProductTransform the other way round.
struct GradientTransform {
  static constexpr int64_t kFrom = kTile;
  static constexpr int64_t kTo = kPatch;
  TRAINYARD_AVX512_INLINE static void Apply(const Vector* y, Vector* out) {
    const Vector even_a = y[0] + Of(kA2) * y[2];
    const Vector odd_a = Of(kA) * (y[1] + Of(kA2) * y[3]);
    const Vector even_b = y[0] + Of(kB2) * y[2];
    const Vector odd_b = Of(kB) * (y[1] + Of(kB2) * y[3]);
    out[0] = y[0];
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = y[3];
  }
};

// G w.
struct TapTransform {
  static constexpr int64_t kFrom = kTaps;
  static constexpr int64_t kTo = kPatch;
  TRAINYARD_AVX512_INLINE static void Apply(const Vector* w, Vector* out) {
    const Vector even_a = Of(kScaleA) * (w[0] + Of(kA2) * w[2]);
    const Vector odd_a = Of(kScaleA * kA) * w[1];
    const Vector even_b = Of(kScaleB) * (w[0] + Of(kB2) * w[2]);
    const Vector odd_b = Of(kScaleB * kB) * w[1];
    out[0] = Of(kScale0) * w[0];
    out[1] = even_a + odd_a;
    out[2] = even_a - odd_a;
    out[3] = even_b + odd_b;
    out[4] = even_b - odd_b;
    out[5] = w[2];
  }
};

// G^T u: TapTransform the other way round.
struct TapGradientTransform {
  static constexpr int64_t kFrom = kPatch;
  static constexpr int64_t kTo = kTaps;
  TRAINYARD_AVX512_INLINE static void Apply(const Vector* u, Vector* out) {
    const Vector even_a = Of(kScaleA) * (u[1] + u[2]);
    const Vector odd_a = Of(kScaleA * kA) * (u[1] - u[2]);
    const Vector even_b = Of(kScaleB) * (u[3] + u[4]);
    const Vector odd_b = Of(kScaleB * kB) * (u[3] - u[4]);
    out[0] = Of(kScale0) * u[0] + even_a + even_b;
    out[1] = odd_a + odd_b;
    out[2] = Of(kA2) * even_a + Of(kB2) * even_b + u[5];
  }
};

// Where a square of vectors is read: anywhere, with strides in floats between rows and columns.
struct Strided {
  const float* corner;
  int64_t row_stride, column_stride;

  TRAINYARD_AVX512_INLINE Vector At(int64_t row, int64_t column) const {
    return Load(corner + row * row_stride + column * column_stride);
  }
};

// Or in a plane [height][width][16], beyond which zeros are.
struct Window {
  const float* plane;
  int64_t height, width;
  int64_t top, left;

  TRAINYARD_AVX512_INLINE Vector At(int64_t row, int64_t column) const {
    const int64_t y = top + row;
    const int64_t x = left + column;
    if (y < 0 || y >= height || x < 0 || x >= width) return _mm512_setzero_ps();
    return Load(plane + (y * width + x) * kBlock);
  }
  bool Inside(int64_t size) const {
    return top >= 0 && left >= 0 && top + size <= height && left + size <= width;
  }
};

// Both axes of a square, columns first: to[(y * kTo + x) * stride].
template <typename Transform, typename Square>
TRAINYARD_AVX512_INLINE void TransformSquare(const Square& square, float* to, int64_t stride) {
  constexpr int64_t kFrom = Transform::kFrom;
  constexpr int64_t kTo = Transform::kTo;
  Vector half[kFrom][kTo];
#pragma GCC unroll 1
  for (int64_t column = 0; column < kFrom; ++column) {
    Vector values[kFrom];
    for (int64_t row = 0; row < kFrom; ++row) values[row] = square.At(row, column);
    Transform::Apply(values, half[column]);
  }
#pragma GCC unroll 1
  for (int64_t y = 0; y < kTo; ++y) {
    Vector values[kFrom];
    for (int64_t column = 0; column < kFrom; ++column) values[column] = half[column][y];
    Vector results[kTo];
    Transform::Apply(values, results);
    for (int64_t x = 0; x < kTo; ++x) Store(to + (y * kTo + x) * stride, results[x]);
  }
}

// Where a tile's results are.
struct TilePlace {
  int64_t image, top, left;
};

TilePlace PlaceOf(const Geometry& geometry, int64_t tile) {
  return {tile / Tiles(geometry), tile / TilesWide(geometry) % TilesHigh(geometry) * kTile,
          tile % TilesWide(geometry) * kTile};
}

// The tiles [first, first + count) of all images, transformed: to[point][tile][channel], with
// `stride` floats between points.
TRAINYARD_AVX512 void TransformPatches(const Geometry& geometry, const float* source, int64_t first,
                                       int64_t count, Range blocks, float* to, int64_t stride) {
  const int64_t plane = geometry.in_height * geometry.in_width * kBlock;
  const int64_t row = geometry.in_width * kBlock;
  for (int64_t i = 0; i < count; ++i) {
    const TilePlace place = PlaceOf(geometry, first + i);
    Window window = {source + (place.image * geometry.in_blocks + blocks.begin) * plane,
                     geometry.in_height, geometry.in_width, place.top - geometry.padding_top,
                     place.left - geometry.padding_left};
    const bool inside = window.Inside(kPatch);
    for (int64_t block = 0; block < blocks.size(); ++block, window.plane += plane) {
      float* const out = to + (i * blocks.size() + block) * kBlock;
      if (inside) {
        const float* const corner = window.plane + window.top * row + window.left * kBlock;
        TransformSquare<PatchTransform>(Strided{corner, row, kBlock}, out, stride);
      } else {
        TransformSquare<PatchTransform>(window, out, stride);
      }
    }
  }
}

// The gradients of the same tiles, transformed likewise.
TRAINYARD_AVX512 void TransformGradients(const Geometry& geometry, const float* gradient,
                                         int64_t first, int64_t count, Range blocks, float* to,
                                         int64_t stride) {
  const int64_t plane = geometry.out_height * geometry.out_width * kBlock;
  for (int64_t i = 0; i < count; ++i) {
    const TilePlace place = PlaceOf(geometry, first + i);
    Window window = {gradient + (place.image * geometry.out_blocks + blocks.begin) * plane,
                     geometry.out_height, geometry.out_width, place.top, place.left};
    for (int64_t block = 0; block < blocks.size(); ++block, window.plane += plane) {
      TransformSquare<GradientTransform>(window, to + (i * blocks.size() + block) * kBlock, stride);
    }
  }
}

// products[row][Width] = patches[row][depth] * weights[depth][Width], Width in vectors, for a
// number of rows rounded up to a multiple of Rows.
template <int Rows, int Width>
TRAINYARD_AVX512 void Multiply(int64_t rows, int64_t depth, const float* patches,
                               const float* weights, float* products) {
  for (int64_t first = 0; first < rows; first += Rows) {
    const float* const from = patches + first * depth;
    Vector sums[Rows][Width];
#pragma GCC unroll 32
    for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
      for (int k = 0; k < Width; ++k) sums[row][k] = _mm512_setzero_ps();
    }
    for (int64_t i = 0; i < depth; ++i) {
      Vector weight[Width];
#pragma GCC unroll 8
      for (int k = 0; k < Width; ++k) weight[k] = Load(weights + (i * Width + k) * kBlock);
#pragma GCC unroll 32
      for (int row = 0; row < Rows; ++row) {
        const Vector patch = Of(from[row * depth + i]);
#pragma GCC unroll 8
        for (int k = 0; k < Width; ++k)
          sums[row][k] = _mm512_fmadd_ps(patch, weight[k], sums[row][k]);
      }
    }
#pragma GCC unroll 32
    for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
      for (int k = 0; k < Width; ++k)
        Store(products + ((first + row) * Width + k) * kBlock, sums[row][k]);
    }
  }
}

// Writes the tiles' results for `width` output blocks from `block` on.
TRAINYARD_AVX512 void WriteResults(const Geometry& geometry, const float* products, int64_t stride,
                                   int64_t first, int64_t count, int64_t block, int64_t width,
                                   const Vector* bias, float* destination) {
  const int64_t plane = geometry.out_height * geometry.out_width * kBlock;
  const int64_t row = geometry.out_width * kBlock;
  for (int64_t i = 0; i < count; ++i) {
    const auto [image, top, left] = PlaceOf(geometry, first + i);
    const int64_t high = std::min(kTile, geometry.out_height - top);
    const int64_t wide = std::min(kTile, geometry.out_width - left);
    for (int64_t k = 0; k < width; ++k) {
      const float* const from = products + (i * width + k) * kBlock;
      alignas(64) float results[kTile * kTile * kBlock];
      TransformSquare<ProductTransform>(Strided{from, kPatch * stride, stride}, results, kBlock);
      float* const to = destination + (image * geometry.out_blocks + block + k) * plane +
                        top * row + left * kBlock;
      for (int64_t y = 0; y < high; ++y) {
        for (int64_t x = 0; x < wide; ++x)
          Store(to + y * row + x * kBlock, Load(results + (y * kTile + x) * kBlock) + bias[k]);
      }
    }
  }
}

// sums[row][column] += over tiles patches[tile][row] * gradients[tile][column], for Rows rows and
// Width vectors of columns; `first`: from zero.
template <int Rows, int Width>
TRAINYARD_AVX512_INLINE void AddOuterRows(int64_t tiles, const float* patches,
                                          int64_t patches_stride, const float* gradients,
                                          int64_t gradients_stride, bool first, float* to) {
  Vector sums[Rows][Width];
#pragma GCC unroll 32
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
    for (int k = 0; k < Width; ++k)
      sums[row][k] = first ? _mm512_setzero_ps() : Load(to + row * gradients_stride + k * kBlock);
  }
  for (int64_t i = 0; i < tiles; ++i) {
    Vector gradient[Width];
#pragma GCC unroll 8
    for (int k = 0; k < Width; ++k)
      gradient[k] = Load(gradients + i * gradients_stride + k * kBlock);
#pragma GCC unroll 32
    for (int row = 0; row < Rows; ++row) {
      const Vector patch = Of(patches[i * patches_stride + row]);
#pragma GCC unroll 8
      for (int k = 0; k < Width; ++k)
        sums[row][k] = _mm512_fmadd_ps(patch, gradient[k], sums[row][k]);
    }
  }
#pragma GCC unroll 32
  for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 8
    for (int k = 0; k < Width; ++k) Store(to + row * gradients_stride + k * kBlock, sums[row][k]);
  }
}

// The same for all rows: a multiple of kBlock, of which the last are taken in pairs.
template <int Rows, int Width>
TRAINYARD_AVX512 void AddOuter(int64_t tiles, int64_t rows, const float* patches,
                               const float* gradients, int64_t gradients_stride, bool first,
                               float* to) {
  constexpr int kRest = 2;
  int64_t row = 0;
  for (; row + Rows <= rows; row += Rows)
    AddOuterRows<Rows, Width>(tiles, patches + row, rows, gradients, gradients_stride, first,
                              to + row * gradients_stride);
  for (; row < rows; row += kRest)
    AddOuterRows<kRest, Width>(tiles, patches + row, rows, gradients, gradients_stride, first,
                               to + row * gradients_stride);
}

// By vectors of a slice: as many rows as the registers hold sums for.
using MultiplyFunction = void (*)(int64_t, int64_t, const float*, const float*, float*);
constexpr MultiplyFunction kMultiply[] = {nullptr, Multiply<24, 1>, Multiply<12, 2>, Multiply<8, 3>,
                                          Multiply<6, 4>};
using AddOuterFunction = void (*)(int64_t, int64_t, const float*, const float*, int64_t, bool,
                                  float*);
constexpr AddOuterFunction kAddOuter[] = {nullptr, AddOuter<16, 1>, AddOuter<12, 2>, AddOuter<8, 3>,
                                          AddOuter<6, 4>};

// The weights between two blocks with both kinds of channels exchanged and the taps turned round.
void ReversePair(const float* weights, float* reversed) {
  constexpr int64_t kAll = kTaps * kTaps;
  for (int64_t tap = 0; tap < kAll; ++tap) {
    const float* const from = weights + tap * kBlock * kBlock;
    float* const to = reversed + (kAll - 1 - tap) * kBlock * kBlock;
    for (int64_t in = 0; in < kBlock; ++in) {
      for (int64_t out = 0; out < kBlock; ++out) to[out * kBlock + in] = from[in * kBlock + out];
    }
  }
}

class WinogradKernels final : public convolution::Kernels {
 public:
  const char* algorithm() const override { return "minimal filtering F(4x4, 3x3)"; }

  int64_t TransformedFloats(const Geometry& geometry) const override {
    return SliceOffset(geometry, geometry.out_blocks);
  }
  void TransformWeights(const Geometry& geometry, const float* weights, bool reversed,
                        int64_t input, float* transformed) const override;

  int64_t ConvolveScratchFloats(const Geometry& geometry) const override {
    const int64_t channels = (geometry.in_blocks + kSliceBlocks) * kBlock;
    return kPoints * (ConvolveTiles(geometry.in_blocks) * channels + 2 * kGapFloats);
  }
  void Convolve(const Geometry& geometry, const float* source, int64_t images,
                const float* transformed, const float* bias, int64_t channels, Range outputs,
                float* destination, float* scratch) const override;
  int64_t LeastImages(const Geometry& geometry) const override {
    constexpr int64_t kLeastTiles = 24;
    return (kLeastTiles + Tiles(geometry) - 1) / Tiles(geometry);
  }

  int64_t GradientScratchFloats(const Geometry&, int64_t inputs, int64_t outputs) const override {
    const int64_t patches = kGradientTiles * (inputs + outputs) * kBlock + 2 * kGapFloats;
    return kPoints * (patches + inputs * outputs * kBlock * kBlock + kGapFloats);
  }
  void WeightGradient(const Geometry& geometry, const float* source, const float* gradient,
                      int64_t images, Range inputs, Range outputs, float* weight_gradient,
                      float* scratch) const override;
  // A gradient is transformed back once.
  int64_t LeastGradientImages(const Geometry& geometry) const override {
    constexpr int64_t kLeastTiles = 64;
    return (kLeastTiles + Tiles(geometry) - 1) / Tiles(geometry);
  }
};

TRAINYARD_AVX512 void WinogradKernels::TransformWeights(const Geometry& geometry,
                                                        const float* weights, bool reversed,
                                                        int64_t input, float* transformed) const {
  alignas(64) float turned[kSliceBlocks][kPairFloats];
  for (int64_t slice = 0; slice < geometry.out_blocks; slice += kSliceBlocks) {
    const int64_t width = std::min(kSliceBlocks, geometry.out_blocks - slice);
    const float* pairs[kSliceBlocks];
    for (int64_t k = 0; k < width; ++k) {
      if (reversed) {
        ReversePair(weights + (input * geometry.out_blocks + slice + k) * kPairFloats, turned[k]);
        pairs[k] = turned[k];
      } else {
        pairs[k] = weights + ((slice + k) * geometry.in_blocks + input) * kPairFloats;
      }
    }
    float* to = transformed + SliceOffset(geometry, slice) + input * kBlock * width * kBlock;
    for (int64_t channel = 0; channel < kBlock; ++channel) {
      for (int64_t k = 0; k < width; ++k, to += kBlock) {
        const Strided taps = {pairs[k] + channel * kBlock, kTaps * kBlock * kBlock,
                              kBlock * kBlock};
        TransformSquare<TapTransform>(taps, to, PointStride(geometry, width));
      }
    }
  }
}

TRAINYARD_AVX512 void WinogradKernels::Convolve(const Geometry& geometry, const float* source,
                                                int64_t images, const float* transformed,
                                                const float* bias, int64_t channels, Range outputs,
                                                float* destination, float* scratch) const {
  const int64_t depth = geometry.in_blocks * kBlock;
  const int64_t block_tiles = ConvolveTiles(geometry.in_blocks);
  const int64_t patch_stride = block_tiles * depth + kGapFloats;
  const int64_t product_stride = block_tiles * kSliceBlocks * kBlock + kGapFloats;
  float* const patches = scratch;
  float* const products = patches + kPoints * patch_stride;
  const int64_t tiles = images * Tiles(geometry);
  for (int64_t first = 0; first < tiles; first += block_tiles) {
    const int64_t count = std::min(block_tiles, tiles - first);
    TransformPatches(geometry, source, first, count, {0, geometry.in_blocks}, patches,
                     patch_stride);
    for (int64_t slice = outputs.begin; slice < outputs.end; slice += kSliceBlocks) {
      const int64_t width = std::min(kSliceBlocks, geometry.out_blocks - slice);
      const float* const weights = transformed + SliceOffset(geometry, slice);
      for (int64_t point = 0; point < kPoints; ++point) {
        kMultiply[width](count, depth, patches + point * patch_stride,
                         weights + point * PointStride(geometry, width),
                         products + point * product_stride);
      }
      Vector biases[kSliceBlocks];
      for (int64_t k = 0; k < width; ++k) {
        const int64_t channel = (slice + k) * kBlock;
        const int64_t left = std::clamp<int64_t>(channels - channel, 0, kBlock);
        const __mmask16 known = static_cast<__mmask16>((1U << left) - 1);
        biases[k] =
            bias != nullptr ? _mm512_maskz_loadu_ps(known, bias + channel) : _mm512_setzero_ps();
      }
      WriteResults(geometry, products, product_stride, first, count, slice, width, biases,
                   destination);
    }
  }
}

TRAINYARD_AVX512 void WinogradKernels::WeightGradient(const Geometry& geometry, const float* source,
                                                      const float* gradient, int64_t images,
                                                      Range inputs, Range outputs,
                                                      float* weight_gradient,
                                                      float* scratch) const {
  const int64_t rows = inputs.size() * kBlock;
  const int64_t columns = outputs.size() * kBlock;
  const int64_t patch_stride = kGradientTiles * rows + kGapFloats;
  const int64_t gradient_stride = kGradientTiles * columns + kGapFloats;
  const int64_t sum_stride = rows * columns + kGapFloats;
  float* const patches = scratch;
  float* const gradients = patches + kPoints * patch_stride;
  float* const sums = gradients + kPoints * gradient_stride;
  const int64_t tiles = images * Tiles(geometry);
  for (int64_t first = 0; first < tiles; first += kGradientTiles) {
    const int64_t count = std::min(kGradientTiles, tiles - first);
    TransformPatches(geometry, source, first, count, inputs, patches, patch_stride);
    TransformGradients(geometry, gradient, first, count, outputs, gradients, gradient_stride);
    for (int64_t point = 0; point < kPoints; ++point) {
      for (int64_t column = 0; column < columns; column += kSliceBlocks * kBlock) {
        const int64_t width = std::min(kSliceBlocks, (columns - column) / kBlock);
        kAddOuter[width](count, rows, patches + point * patch_stride,
                         gradients + point * gradient_stride + column, columns, first == 0,
                         sums + point * sum_stride + column);
      }
    }
  }
  for (int64_t out = 0; out < outputs.size(); ++out) {
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t pair = (outputs.begin + out) * geometry.in_blocks + inputs.begin + row / kBlock;
      const float* const from = sums + row * columns + out * kBlock;
      TransformSquare<TapGradientTransform>(
          Strided{from, kPatch * sum_stride, sum_stride},
          weight_gradient + pair * kPairFloats + row % kBlock * kBlock, kBlock * kBlock);
    }
  }
}

}  // namespace

bool Supported() { return onednn::HasAvx512(); }

const convolution::Kernels& Kernels() {
  static const WinogradKernels kernels;
  return kernels;
}

#else

bool Supported() { return false; }

// Nobody who has asked whether they are supported asks for them.
const convolution::Kernels& Kernels() { std::abort(); }

#endif

}  // namespace trainyard::layers::winograd
