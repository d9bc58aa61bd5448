// What kernels of ours for convolutions have in common: images [image][block of 16
// channels][height][width][16], whose channels beyond the logical ones are zero, and weights [out
// block][in block][height][width][16 in][16 out]. A kernel runs on the calling thread and sums in
// an order that its arguments alone decide. Called by BlockedConvolution.
#pragma once

#include <cstdint>
#include <utility>

namespace trainyard::layers::convolution {

constexpr int64_t kBlock = 16;

inline int64_t CeilDivide(int64_t value, int64_t by) { return (value + by - 1) / by; }

// Of one image. Padding is less than the taps on every side.
struct Geometry {
  int64_t in_blocks = 0;
  int64_t out_blocks = 0;
  int64_t in_height = 0;
  int64_t in_width = 0;
  int64_t out_height = 0;
  int64_t out_width = 0;
  int64_t padding_top = 0;
  int64_t padding_left = 0;
  int64_t taps_high = 3;
  int64_t taps_wide = 3;
  // Between results, in inputs.
  int64_t stride_high = 1;
  int64_t stride_wide = 1;
  // The way back of a strided convolution: strides are between inputs, in results, and the padding
  // is that of the results.
  bool spread = false;

  int64_t Taps() const { return taps_high * taps_wide; }
  bool Strided() const { return stride_high != 1 || stride_wide != 1; }
  // Of the pass that takes gradients of the output to gradients of the input.
  Geometry Reversed() const {
    if (Strided()) {
      Geometry reversed = *this;
      std::swap(reversed.in_blocks, reversed.out_blocks);
      std::swap(reversed.in_height, reversed.out_height);
      std::swap(reversed.in_width, reversed.out_width);
      reversed.spread = !spread;
      return reversed;
    }
    return {out_blocks,
            in_blocks,
            out_height,
            out_width,
            in_height,
            in_width,
            taps_high - 1 - padding_top,
            taps_wide - 1 - padding_left,
            taps_high,
            taps_wide};
  }
};

// A range of something counted: blocks of channels, images.
struct Range {
  int64_t begin = 0;
  int64_t end = 0;

  int64_t size() const { return end - begin; }
};

// Blocks of outputs whose products are made together: ranges of outputs begin at multiples of it.
constexpr int64_t kSliceBlocks = 4;

class Kernels {
 public:
  virtual ~Kernels() = default;

  // For the run's record.
  virtual const char* algorithm() const = 0;

  // ---- weights, once for all images: `transformed` has TransformedFloats(geometry).
  virtual int64_t TransformedFloats(const Geometry& geometry) const = 0;
  // The part of one block of inputs. `reversed`: `geometry` is a Reversed() one, and the weights
  // those of the forward pass.
  virtual void TransformWeights(const Geometry& geometry, const float* weights, bool reversed,
                                int64_t input, float* transformed) const = 0;

  // ---- results of `images` images, for the output blocks `outputs`. `source` and `destination`
  // point to the first image; `bias` [channels] or null. `scratch`:
  // ConvolveScratchFloats(geometry).
  virtual int64_t ConvolveScratchFloats(const Geometry& geometry) const = 0;
  virtual void Convolve(const Geometry& geometry, const float* source, int64_t images,
                        const float* transformed, const float* bias, int64_t channels,
                        Range outputs, float* destination, float* scratch) const = 0;
  // So many images are worth loading the transformed weights.
  virtual int64_t LeastImages(const Geometry& geometry) const = 0;

  // ---- the weights' gradient over `images` images, for pairs of `inputs` and `outputs` blocks;
  // other parts of `weight_gradient` stay as they are. `scratch`: GradientScratchFloats(geometry,
  // inputs, outputs).
  virtual int64_t GradientScratchFloats(const Geometry& geometry, int64_t inputs,
                                        int64_t outputs) const = 0;
  virtual void WeightGradient(const Geometry& geometry, const float* source, const float* gradient,
                              int64_t images, Range inputs, Range outputs, float* weight_gradient,
                              float* scratch) const = 0;
  // So many images are worth a gradient of their own.
  virtual int64_t LeastGradientImages(const Geometry& geometry) const = 0;
};

}  // namespace trainyard::layers::convolution
