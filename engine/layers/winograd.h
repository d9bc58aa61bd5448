// Convolution of 3x3 taps at stride 1 by minimal filtering, F(4x4, 3x3): a tile of 4x4 results
// takes 36 products a pair of channels in place of 144. Lavin and Gray 2016, "Fast Algorithms for
// Convolutional Neural Networks"; points 0, 5/8, -5/8, 3/2, -3/2 and infinity.
//
//   A^T [(G w G^T) * (B^T d B)] A       d: 6x6 of the input, w: 3x3, *: element by element
//
// For each of the 36 elements the products over channels are a matrix product over tiles. Kernels
// for AVX-512 on activations [image][block of 16 channels][height][width][16], whose channels
// beyond the logical ones are zero, and weights [out block][in block][3][3][16 in][16 out]. A
// kernel runs on the calling thread and sums in an order that its arguments alone decide.
#pragma once

#include <cstdint>

namespace trainyard::layers::winograd {

constexpr int64_t kBlock = 16;
constexpr int64_t kPoints = 36;

// Whether this machine can.
bool Supported();

// Of one image. Padding is at most 2 on every side.
struct Geometry {
  int64_t in_blocks = 0;
  int64_t out_blocks = 0;
  int64_t in_height = 0;
  int64_t in_width = 0;
  int64_t out_height = 0;
  int64_t out_width = 0;
  int64_t padding_top = 0;
  int64_t padding_left = 0;

  int64_t TilesHigh() const { return (out_height + 3) / 4; }
  int64_t TilesWide() const { return (out_width + 3) / 4; }
  int64_t Tiles() const { return TilesHigh() * TilesWide(); }
  // Of the pass that takes gradients of the output to gradients of the input.
  Geometry Reversed() const;
};

// A range of something counted: blocks of channels, images.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
};

// Blocks of outputs whose products are made together: ranges of outputs begin at multiples of it.
constexpr int64_t kSliceBlocks = 4;

// ---- weights, once for all images: `transformed` has TransformedFloats(geometry).
int64_t TransformedFloats(const Geometry& geometry);
// The part of one block of inputs. `reversed`: `geometry` is a Reversed() one, and the weights
// those of the forward pass.
void TransformWeights(const Geometry& geometry, const float* weights, bool reversed, int64_t input,
                      float* transformed);

// ---- results of `images` images, for the output blocks `outputs`. `source` and `destination`
// point to the first image; `bias` [channels] or null. `scratch`: ConvolveScratchFloats(geometry).
int64_t ConvolveScratchFloats(const Geometry& geometry);
void Convolve(const Geometry& geometry, const float* source, int64_t images,
              const float* transformed, const float* bias, int64_t channels, Range outputs,
              float* destination, float* scratch);

// ---- the weights' gradient over `images` images, for pairs of `inputs` and `outputs` blocks;
// other parts of `weight_gradient` stay as they are. `scratch`: GradientScratchFloats(inputs,
// outputs).
int64_t GradientScratchFloats(int64_t input_blocks, int64_t output_blocks);
void WeightGradient(const Geometry& geometry, const float* source, const float* gradient,
                    int64_t images, Range inputs, Range outputs, float* weight_gradient,
                    float* scratch);

}  // namespace trainyard::layers::winograd
