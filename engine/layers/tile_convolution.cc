#include "engine/layers/tile_convolution.h"

#include <algorithm>
#include <cstdlib>

#include "engine/layers/convolution_grid.h"
#include "engine/layers/gemm_pack.h"
#include "engine/tensor/amx.h"
#include "engine/tensor/buffer.h"
#include "engine/tensor/onednn.h"

namespace trainyard::layers::tile_convolution {

#if defined(__x86_64__)

namespace {

using amx::kTileElements;
using convolution::CeilDivide;
using convolution::FindPlaces;
using convolution::Geometry;
using convolution::Grid;
using convolution::kBlock;
using convolution::kMostTaps;
using convolution::kNowhere;
using convolution::Plane;
using convolution::Range;
using convolution::Tap;
using gemm::Unit;

constexpr int64_t kChunkBlocks = 2;                 // blocks of channels in a tile's row
constexpr int64_t kPositions = 2 * amx::kTileRows;  // results of a block
constexpr int64_t kPair = 2;
// Packed images of this size stay in the second cache beside the weights.
constexpr int64_t kPackedBytes = int64_t{384} << 10;
constexpr int64_t kLeastPositions = 256;
constexpr int64_t kMostPositions = 4096;
// Positions that are added up in one go for the gradient of weights.
constexpr int64_t kGradientPositions = 512;

int64_t Chunks(int64_t blocks) { return CeilDivide(blocks, kChunkBlocks); }

// Sixteen channels; zeros at kNowhere, where nothing is read.
TRAINYARD_BF16_INLINE __m512 At(const float* block, int32_t place) {
  const __mmask16 lanes = place < 0 ? 0 : 0xffff;
  return _mm512_maskz_loadu_ps(lanes, block + place);
}

// [chunk][positions] rows of a tile: the channels of two blocks at a position.
TRAINYARD_BF16 void PackImages(const float* source, const Plane& plane, const int32_t* places,
                               int64_t positions, Unit* to) {
  for (int64_t block = 0; block < plane.blocks; block += kChunkBlocks) {
    const float* const low = source + block * plane.BlockFloats();
    const bool both = block + 1 < plane.blocks;
    const float* const high = both ? low + plane.BlockFloats() : low;
    for (int64_t i = 0; i < positions; ++i, to += kBlock) {
      const __m512 upper = both ? At(high, places[i]) : _mm512_setzero_ps();
      _mm512_storeu_si512(
          to, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(upper, At(low, places[i]))));
    }
  }
}

// A tile's half: `from` [16 in][16 out] as pairs of inputs, or (reversed) of outputs.
TRAINYARD_BF16 void PackPair(const float* from, bool reversed, Unit* to) {
  constexpr int64_t kUnits = kBlock / kPair;
  if (reversed) {
    __m512i rows[kBlock];
#pragma GCC unroll 16
    for (int64_t i = 0; i < kBlock; ++i)
      rows[i] = gemm::Bfloat16::FromRow(from + i * kBlock, kBlock);
    gemm::Transpose(rows);
#pragma GCC unroll 8
    for (int64_t i = 0; i < kUnits; ++i) _mm512_storeu_si512(to + i * kBlock, rows[i]);
    return;
  }
  for (int64_t i = 0; i < kUnits; ++i) {
    _mm512_storeu_si512(to + i * kBlock, gemm::Bfloat16::FromRows(from, kBlock, kBlock, i, 0xffff));
  }
}

class TileKernels final : public convolution::Kernels {
 public:
  const char* algorithm() const override { return "direct convolution by matrix tiles"; }

  // As [output block][chunk][tap] tiles.
  int64_t TransformedFloats(const Geometry& geometry) const override {
    return geometry.out_blocks * WeightUnits(geometry);
  }
  void TransformWeights(const Geometry& geometry, const float* weights, bool reversed,
                        int64_t input, float* transformed) const override;

  int64_t ConvolveScratchFloats(const Geometry& geometry) const override {
    const int64_t positions = PositionsAtOnce(geometry);
    const int64_t packed = PackedPositions(geometry, positions);
    return packed * (PackedRows(geometry) * kBlock + Grid(geometry).planes()) + positions +
           kSumsFloats + 3 * kBlock;
  }
  void Convolve(const Geometry& geometry, const float* source, int64_t images,
                const float* transformed, const float* bias, int64_t channels, Range outputs,
                float* destination, float* scratch) const override;
  int64_t LeastImages(const Geometry& geometry) const override {
    constexpr int64_t kLeast = 128;
    return CeilDivide(kLeast, geometry.out_height * geometry.out_width);
  }

  int64_t GradientScratchFloats(const Geometry& geometry, int64_t inputs,
                                int64_t outputs) const override {
    return (Grid(geometry).planes() * inputs * kBlock * TurnedStride(geometry) +
            outputs * kBlock * kGradientPositions) /
               2 +
           TurnedPositions(geometry) + kGradientPositions + 3 * kBlock;
  }
  void WeightGradient(const Geometry& geometry, const float* source, const float* gradient,
                      int64_t images, Range inputs, Range outputs, float* weight_gradient,
                      float* scratch) const override;
  int64_t LeastGradientImages(const Geometry& geometry) const override {
    return CeilDivide(kGradientPositions, geometry.out_height * geometry.out_width);
  }

 private:
  static constexpr int64_t kSumsFloats = kPositions * 2 * kBlock;

  // Of an output block.
  static int64_t WeightUnits(const Geometry& geometry) {
    return Chunks(geometry.in_blocks) * geometry.Taps() * kTileElements;
  }
  // Of images, packed: chunks of all planes.
  static int64_t PackedRows(const Geometry& geometry) {
    return Grid(geometry).planes() * Chunks(geometry.in_blocks);
  }
  // Results between two packings of images, and what these take.
  static int64_t PositionsAtOnce(const Geometry& geometry) {
    const int64_t position_bytes = PackedRows(geometry) * amx::kRowBytes;
    const int64_t fitting = kPackedBytes / position_bytes - Grid(geometry).reach();
    return RoundUp(std::clamp(fitting, kLeastPositions, kMostPositions), kPositions);
  }
  static int64_t PackedPositions(const Geometry& geometry, int64_t positions) {
    return positions + Grid(geometry).reach();
  }
  // The inputs of kGradientPositions results, as channels by positions.
  static int64_t TurnedPositions(const Geometry& geometry) {
    return RoundUp(kGradientPositions + Grid(geometry).reach(), kBlock);
  }
  // An odd number of cache lines: rows of a tile then meet on no set of a cache.
  static int64_t TurnedStride(const Geometry& geometry) {
    constexpr int64_t kLine = 32;
    return (CeilDivide(TurnedPositions(geometry), kLine) / 2 * 2 + 1) * kLine;
  }
};

void TileKernels::TransformWeights(const Geometry& geometry, const float* weights, bool reversed,
                                   int64_t input, float* transformed) const {
  constexpr int64_t kPairFloats = kBlock * kBlock;
  constexpr int64_t kHalf = kTileElements / kChunkBlocks;
  const int64_t taps = geometry.Taps();
  const bool alone = input % kChunkBlocks == 0 && input + 1 == geometry.in_blocks;
  for (int64_t output = 0; output < geometry.out_blocks; ++output) {
    const int64_t pair =
        reversed ? input * geometry.out_blocks + output : output * geometry.in_blocks + input;
    const float* const from = weights + pair * taps * kPairFloats;
    Unit* const to = reinterpret_cast<Unit*>(transformed) + output * WeightUnits(geometry) +
                     input / kChunkBlocks * taps * kTileElements;
    for (int64_t tap = 0; tap < taps; ++tap) {
      Unit* const tile = to + tap * kTileElements;
      PackPair(from + (reversed ? taps - 1 - tap : tap) * kPairFloats, reversed,
               tile + input % kChunkBlocks * kHalf);
      if (alone) std::fill(tile + kHalf, tile + kTileElements, 0);
    }
  }
}

// What the results of a class are made of.
struct Sources {
  Tap taps[kMostTaps];
  int count;
  int64_t chunks;
  int64_t chunk_units;    // of packed images
  int64_t chunk_weights;  // of weights
};

// Results of 32 positions and two blocks of outputs, the second one's weights `next` units on.
TRAINYARD_AMX_INLINE void AddTaps(const Sources& sources, const Unit* images, const Unit* weights,
                                  int64_t next) {
  constexpr int64_t kLower = amx::kTileRows * kBlock;
  amx::AfterStores();
  for (int64_t chunk = 0; chunk < sources.chunks; ++chunk) {
    for (int i = 0; i < sources.count; ++i) {
      const Tap& tap = sources.taps[i];
      const Unit* const left =
          images + tap.plane * sources.chunks * sources.chunk_units + tap.shift * kBlock;
      const Unit* const right = weights + tap.weights * kTileElements;
      amx::AddBlock(left, left + kLower, amx::kRowBytes, right, right + next);
    }
    images += sources.chunk_units;
    weights += sources.chunk_weights;
  }
}

// Writes the sums [32][16] of a block of outputs to where its positions are.
TRAINYARD_BF16_INLINE void Write(const float* sums, int64_t stride, const int32_t* places,
                                 __m512 bias, float* block) {
  for (int64_t i = 0; i < kPositions; ++i) {
    if (places[i] == kNowhere) continue;
    _mm512_storeu_ps(block + places[i], _mm512_add_ps(_mm512_loadu_ps(sums + i * stride), bias));
  }
}

TRAINYARD_BF16_INLINE __m512 BiasOf(const float* bias, int64_t block, int64_t channels) {
  const __mmask16 known = gemm::FirstLanes(channels - block * kBlock);
  return bias != nullptr ? _mm512_maskz_loadu_ps(known, bias + block * kBlock)
                         : _mm512_setzero_ps();
}

// Memory of a kernel, cut off piece by piece; every piece begins at a cache line.
class Pieces {
 public:
  explicit Pieces(float* memory) : next_(reinterpret_cast<uintptr_t>(memory)) {}
  template <typename Number>
  Number* Take(int64_t count) {
    next_ = (next_ + kLine - 1) / kLine * kLine;
    Number* const piece = reinterpret_cast<Number*>(next_);
    next_ += static_cast<uintptr_t>(count) * sizeof(Number);
    return piece;
  }

 private:
  static constexpr uintptr_t kLine = 64;
  uintptr_t next_;
};

// Results of a class between two packings of images.
struct Results {
  const int32_t* places;
  int64_t count;
  float* images;  // of the first of them
  int64_t block_floats;
};

TRAINYARD_AMX void ConvolvePart(const Sources& sources, const Unit* images, const Unit* weights,
                                int64_t output_units, Range outputs, const float* bias,
                                int64_t channels, const Results& results, float* sums) {
  constexpr int64_t kStride = 2 * kBlock;
  for (int64_t output = outputs.begin; output < outputs.end; output += 2) {
    const bool both = output + 1 < outputs.end;
    const __m512 bias_low = BiasOf(bias, output, channels);
    const __m512 bias_high = BiasOf(bias, output + 1, channels);
    float* const block = results.images + output * results.block_floats;
    for (int64_t i = 0; i < results.count; i += kPositions) {
      amx::ZeroSums();
      AddTaps(sources, images + i * kBlock, weights + output * output_units,
              both ? output_units : 0);
      amx::StoreSums(sums, kStride * sizeof(float), amx::kTileRows * kStride, kBlock);
      Write(sums, kStride, results.places + i, bias_low, block);
      if (both)
        Write(sums + kBlock, kStride, results.places + i, bias_high, block + results.block_floats);
    }
  }
}

TRAINYARD_AMX void TileKernels::Convolve(const Geometry& geometry, const float* source,
                                         int64_t images, const float* transformed,
                                         const float* bias, int64_t channels, Range outputs,
                                         float* destination, float* scratch) const {
  const Grid grid(geometry);
  const int64_t at_once = PositionsAtOnce(geometry);
  const int64_t most_packed = PackedPositions(geometry, at_once);
  Pieces pieces(scratch);
  Unit* const rows = pieces.Take<Unit>(PackedRows(geometry) * most_packed * kBlock);
  float* const sums = pieces.Take<float>(kSumsFloats);
  int32_t* const input_places = pieces.Take<int32_t>(most_packed);
  int32_t* const result_places = pieces.Take<int32_t>(at_once);
  const Plane outcome = grid.Results(0);
  Sources sources;
  sources.chunks = Chunks(geometry.in_blocks);
  sources.chunk_weights = geometry.Taps() * kTileElements;
  const amx::Tiles tiles;
  const int64_t all = grid.Positions(images);
  for (int64_t first = 0; first < all; first += at_once) {
    const int64_t count = std::min(at_once, RoundUp(all - first, kPositions));
    const int64_t packed = PackedPositions(geometry, count);
    const int64_t image = grid.ImageOf(first);
    sources.chunk_units = packed * kBlock;
    for (int64_t i = 0; i < grid.planes(); ++i) {
      const Plane plane = grid.Inputs(i);
      FindPlaces(grid, plane, images, first, packed, input_places);
      PackImages(source + image * plane.ImageFloats(), plane, input_places, packed,
                 rows + i * sources.chunks * sources.chunk_units);
    }
    for (int64_t kind = 0; kind < grid.classes(); ++kind) {
      FindPlaces(grid, grid.Results(kind), images, first, count, result_places);
      sources.count = grid.TapsOf(kind, sources.taps);
      ConvolvePart(sources, rows, reinterpret_cast<const Unit*>(transformed), WeightUnits(geometry),
                   outputs, bias, channels,
                   {result_places, count, destination + image * outcome.ImageFloats(),
                    outcome.BlockFloats()},
                   sums);
    }
  }
}

// [16 channels][positions] of a block.
TRAINYARD_BF16 void PackTurned(const float* block, const int32_t* places, int64_t positions,
                               int64_t stride, uint16_t* to) {
  for (int64_t first = 0; first < positions; first += kBlock) {
    __m512i rows[kBlock];
#pragma GCC unroll 16
    for (int64_t i = 0; i < kBlock; ++i)
      rows[i] = _mm512_castps_si512(At(block, places[first + i]));
    gemm::Transpose(rows);
#pragma GCC unroll 16
    for (int64_t i = 0; i < kBlock; ++i) {
      const __m256bh narrow = _mm512_cvtneps_pbh(_mm512_castsi512_ps(rows[i]));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i * stride + first),
                          reinterpret_cast<__m256i>(narrow));
    }
  }
}

// [pairs of positions][16 channels][2] of a block.
TRAINYARD_BF16 void PackPairs(const float* block, const int32_t* places, int64_t positions,
                              Unit* to) {
  for (int64_t i = 0; i < positions; i += kPair) {
    const __m512i both = reinterpret_cast<__m512i>(
        _mm512_cvtne2ps_pbh(At(block, places[i + 1]), At(block, places[i])));
    const __m512i low = _mm512_cvtepu16_epi32(_mm512_castsi512_si256(both));
    const __m512i high = _mm512_cvtepu16_epi32(_mm512_extracti64x4_epi64(both, 1));
    _mm512_storeu_si512(to + i / kPair * kBlock, _mm512_or_si512(low, _mm512_slli_epi32(high, 16)));
  }
}

// Of two blocks of inputs and two of outputs, at most; the second ones may be the first again.
struct GradientBlock {
  const uint16_t* inputs;  // [channels][positions]
  int64_t input_bytes;     // between two channels
  int64_t next_inputs;
  const Unit* outputs;  // [pairs of positions][16][2]
  int64_t next_outputs;
  int64_t positions;
};

TRAINYARD_AMX_INLINE void AddPositions(const GradientBlock& block) {
  constexpr int64_t kStep = 2 * amx::kTileUnits;
  const Unit* outputs = block.outputs;
  amx::AfterStores();
  for (int64_t i = 0; i < block.positions; i += kStep, outputs += kTileElements) {
    amx::AddBlock(block.inputs + i, block.inputs + block.next_inputs + i, block.input_bytes,
                  outputs, outputs + block.next_outputs);
  }
}

// The weights [16 in][16 out] of a tap between two blocks of either kind.
struct GradientPlaces {
  float* sums[4];  // in 0 out 0, in 0 out 1, in 1 out 0, in 1 out 1
  bool two_inputs, two_outputs;
};

TRAINYARD_AMX_INLINE void LoadGradient(const GradientPlaces& places) {
  amx::AfterStores();
  _tile_loadd(0, places.sums[0], amx::kRowBytes);
  if (places.two_outputs) _tile_loadd(1, places.sums[1], amx::kRowBytes);
  if (places.two_inputs) _tile_loadd(2, places.sums[2], amx::kRowBytes);
  if (places.two_inputs && places.two_outputs) _tile_loadd(3, places.sums[3], amx::kRowBytes);
}

TRAINYARD_AMX_INLINE void StoreGradient(const GradientPlaces& places) {
  _tile_stored(0, places.sums[0], amx::kRowBytes);
  if (places.two_outputs) _tile_stored(1, places.sums[1], amx::kRowBytes);
  if (places.two_inputs) _tile_stored(2, places.sums[2], amx::kRowBytes);
  if (places.two_inputs && places.two_outputs) _tile_stored(3, places.sums[3], amx::kRowBytes);
}

TRAINYARD_AMX void TileKernels::WeightGradient(const Geometry& geometry, const float* source,
                                               const float* gradient, int64_t images, Range inputs,
                                               Range outputs, float* weight_gradient,
                                               float* scratch) const {
  constexpr int64_t kPairFloats = kBlock * kBlock;
  constexpr int64_t kOutputUnits = kGradientPositions / kPair * kBlock;
  const Grid grid(geometry);
  const Plane slopes = grid.Results(0);
  const int64_t stride = TurnedStride(geometry);
  const int64_t plane_numbers = inputs.size() * kBlock * stride;
  Tap taps[kMostTaps];
  const int count = grid.TapsOf(0, taps);
  Pieces pieces(scratch);
  uint16_t* const turned = pieces.Take<uint16_t>(grid.planes() * plane_numbers);
  Unit* const pairs = pieces.Take<Unit>(outputs.size() * kOutputUnits);
  int32_t* const input_places = pieces.Take<int32_t>(TurnedPositions(geometry));
  int32_t* const slope_places = pieces.Take<int32_t>(kGradientPositions);
  const amx::Tiles tiles;
  const int64_t all = grid.Positions(images);
  for (int64_t first = 0; first < all; first += kGradientPositions) {
    const int64_t image = grid.ImageOf(first);
    for (int64_t i = 0; i < grid.planes(); ++i) {
      const Plane plane = grid.Inputs(i);
      FindPlaces(grid, plane, images, first, TurnedPositions(geometry), input_places);
      for (int64_t block = 0; block < inputs.size(); ++block) {
        PackTurned(
            source + image * plane.ImageFloats() + (inputs.begin + block) * plane.BlockFloats(),
            input_places, TurnedPositions(geometry), stride,
            turned + i * plane_numbers + block * kBlock * stride);
      }
    }
    FindPlaces(grid, slopes, images, first, kGradientPositions, slope_places);
    for (int64_t block = 0; block < outputs.size(); ++block) {
      PackPairs(
          gradient + image * slopes.ImageFloats() + (outputs.begin + block) * slopes.BlockFloats(),
          slope_places, kGradientPositions, pairs + block * kOutputUnits);
    }
    for (int64_t in = 0; in < inputs.size(); in += 2) {
      for (int64_t out = 0; out < outputs.size(); out += 2) {
        GradientPlaces places;
        places.two_inputs = in + 1 < inputs.size();
        places.two_outputs = out + 1 < outputs.size();
        for (int tap = 0; tap < count; ++tap) {
          for (int64_t i = 0; i < 4; ++i) {
            const int64_t pair =
                (outputs.begin + out + i % 2) * geometry.in_blocks + inputs.begin + in + i / 2;
            places.sums[i] = weight_gradient + (pair * count + tap) * kPairFloats;
          }
          if (first == 0) {
            amx::ZeroSums();
          } else {
            LoadGradient(places);
          }
          AddPositions(
              {turned + taps[tap].plane * plane_numbers + in * kBlock * stride + taps[tap].shift,
               stride * static_cast<int64_t>(sizeof(uint16_t)),
               places.two_inputs ? kBlock * stride : 0, pairs + out * kOutputUnits,
               places.two_outputs ? kOutputUnits : 0,
               std::min(kGradientPositions, RoundUp(all - first, 2 * amx::kTileUnits))});
          StoreGradient(places);
        }
      }
    }
  }
}

}  // namespace

bool Takes(const Geometry& geometry) {
  constexpr int64_t kMostStride = 4;
  return onednn::HasAmx() && geometry.Taps() <= kMostTaps &&
         std::max(geometry.stride_high, geometry.stride_wide) <= kMostStride;
}

const convolution::Kernels& Kernels() {
  static const TileKernels kernels;
  return kernels;
}

#else

bool Takes(const convolution::Geometry&) { return false; }

// Nobody who has asked whether they are supported asks for them.
const convolution::Kernels& Kernels() { std::abort(); }

#endif

}  // namespace trainyard::layers::tile_convolution
