#include "engine/layers/max_pooling.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "engine/base/vectorized.h"
#include "engine/layers/convolution_kernels.h"

namespace trainyard::layers::max_pooling {
namespace {

using convolution::Range;

// A block of channels: one, two or four registers.
using Numbers = float __attribute__((vector_size(kBlock * sizeof(float))));
using Places = int32_t __attribute__((vector_size(kBlock * sizeof(int32_t))));
using StoredPlaces = uint16_t __attribute__((vector_size(kBlock * sizeof(uint16_t))));

// Of a window's taps along an axis, those within the image.
Range TapsWithin(int64_t size, int64_t taps, int64_t first) {
  return {std::max<int64_t>(0, -first), std::min(taps, size - first)};
}

}  // namespace

Geometry Geometry::Of(const Shape& image, const Window::Geometry& window) {
  return {image[1],
          image[2],
          window.out_height,
          window.out_width,
          window.kernel[0],
          window.kernel[1],
          window.strides[0],
          window.strides[1],
          window.padding_begin[0],
          window.padding_begin[1]};
}

TRAINYARD_VECTORIZED
void Forward(const Geometry& geometry, const float* source, int64_t planes, bool relu,
             float* result, uint16_t* places) {
  for (int64_t plane = 0; plane < planes; ++plane) {
    for (int64_t y = 0; y < geometry.out_height; ++y) {
      const int64_t top = y * geometry.stride_high - geometry.padding_top;
      const Range rows = TapsWithin(geometry.height, geometry.taps_high, top);
      for (int64_t x = 0; x < geometry.out_width; ++x) {
        const int64_t left = x * geometry.stride_wide - geometry.padding_left;
        const Range columns = TapsWithin(geometry.width, geometry.taps_wide, left);
        Numbers largest = Numbers{} - std::numeric_limits<float>::infinity();
        Numbers unordered = {};  // what is no number, else 0
        Places place = {};
        for (int64_t i = rows.begin; i < rows.end; ++i) {
          const float* const row = source + ((top + i) * geometry.width + left) * kBlock;
          for (int64_t j = columns.begin; j < columns.end; ++j) {
            Numbers number;
            std::memcpy(&number, row + j * kBlock, sizeof(number));
            const Places here = Places{} + static_cast<int32_t>(i * geometry.taps_wide + j);
            place = number > largest ? here : place;
            largest = number > largest ? number : largest;
            unordered = number == number ? unordered : number;
          }
        }
        if (relu) {
          place = largest > Numbers{} ? place : Places{} + int32_t{kNoPlace};
          largest = largest > Numbers{} ? largest : Numbers{};
        }
        largest += unordered;
        std::memcpy(result, &largest, sizeof(largest));
        result += kBlock;
        if (places != nullptr) {
          const StoredPlaces stored = __builtin_convertvector(place, StoredPlaces);
          std::memcpy(places, &stored, sizeof(stored));
          places += kBlock;
        }
      }
    }
    source += geometry.height * geometry.width * kBlock;
  }
}

TRAINYARD_VECTORIZED
void Backward(const Geometry& geometry, const float* gradient, const uint16_t* places,
              int64_t planes, float* by_source) {
  const int64_t plane_numbers = geometry.height * geometry.width * kBlock;
  // Windows that meet no number twice write what they meet; what none meets stays zero.
  const bool apart =
      geometry.stride_high >= geometry.taps_high && geometry.stride_wide >= geometry.taps_wide;
  const bool all_met =
      apart && geometry.stride_high == geometry.taps_high &&
      geometry.stride_wide == geometry.taps_wide &&
      geometry.out_height * geometry.stride_high - geometry.padding_top >= geometry.height &&
      geometry.out_width * geometry.stride_wide - geometry.padding_left >= geometry.width;
  for (int64_t plane = 0; plane < planes; ++plane) {
    if (!all_met) std::fill(by_source, by_source + plane_numbers, 0.0f);
    for (int64_t y = 0; y < geometry.out_height; ++y) {
      const int64_t top = y * geometry.stride_high - geometry.padding_top;
      const Range rows = TapsWithin(geometry.height, geometry.taps_high, top);
      for (int64_t x = 0; x < geometry.out_width; ++x) {
        const int64_t left = x * geometry.stride_wide - geometry.padding_left;
        const Range columns = TapsWithin(geometry.width, geometry.taps_wide, left);
        Numbers slope;
        std::memcpy(&slope, gradient, sizeof(slope));
        gradient += kBlock;
        StoredPlaces stored;
        std::memcpy(&stored, places, sizeof(stored));
        places += kBlock;
        const Places place = __builtin_convertvector(stored, Places);
        for (int64_t i = rows.begin; i < rows.end; ++i) {
          float* const row = by_source + ((top + i) * geometry.width + left) * kBlock;
          for (int64_t j = columns.begin; j < columns.end; ++j) {
            const Places here = Places{} + static_cast<int32_t>(i * geometry.taps_wide + j);
            Numbers sum = place == here ? slope : Numbers{};
            if (!apart) {
              Numbers before;
              std::memcpy(&before, row + j * kBlock, sizeof(before));
              sum += before;
            }
            std::memcpy(row + j * kBlock, &sum, sizeof(sum));
          }
        }
      }
    }
    by_source += plane_numbers;
  }
}

}  // namespace trainyard::layers::max_pooling
