// Maximum over windows of images in blocks of 16 channels, [plane][height][width][16], a plane
// being a block of an image; with max(x, 0) behind it where wanted, which is the same as before it.
// Kernels of ours read and write each number once. Run on the calling thread.
#pragma once

#include <cstdint>

#include "engine/layers/window.h"
#include "engine/tensor/shape.h"

namespace trainyard::layers::max_pooling {

constexpr int64_t kBlock = 16;
// Where no number of a window was above zero.
constexpr uint16_t kNoPlace = 0xffff;
// Numbers of a window.
constexpr int64_t kMostTaps = kNoPlace;

struct Geometry {
  int64_t height, width, out_height, out_width;
  int64_t taps_high, taps_wide, stride_high, stride_wide;
  int64_t padding_top, padding_left;

  // Of windows over `image` [channels, height, width].
  static Geometry Of(const Shape& image, const Window::Geometry& window);
};

// `places` [plane][out height][out width][16]: which of a window's numbers was the first largest
// one, counted row by row, or kNoPlace where `relu` made a zero of it; null where nobody asks. What
// is no number is the largest.
void Forward(const Geometry& geometry, const float* source, int64_t planes, bool relu,
             float* result, uint16_t* places);
// The gradient of the source, all of it.
void Backward(const Geometry& geometry, const float* gradient, const uint16_t* places,
              int64_t planes, float* by_source);

}  // namespace trainyard::layers::max_pooling
