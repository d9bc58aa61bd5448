// How tile_convolution.cc lays images out: all images of a kind as one row of positions, so that a
// tap is a shift by a fixed number of positions from a result to the input that it reads. Pure
// arithmetic; any thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/layers/convolution_kernels.h"

namespace trainyard::layers::convolution {

constexpr int64_t kMostTaps = 49;
constexpr int32_t kNowhere = -1;

// Along an axis: how results and the inputs that they read fall on one row of places, a tap being a
// shift by a fixed number of them. Inputs of a strided convolution are dealt to `step` planes in
// turn, and results of its way back to as many classes.
struct Axis {
  int64_t places;
  int64_t planes;   // of inputs
  int64_t classes;  // of results
  int64_t reach;    // from a result to the last input that it reads
  // Input i of plane a is at place (i - a - input_offset) / input_step, and so are results.
  int64_t input_step, input_offset;
  int64_t result_step, result_offset;
  int64_t taps, step;
  bool spread;

  Axis(int64_t in, int64_t out, int64_t taps, int64_t padding, int64_t step, bool spread)
      : planes(spread ? 1 : std::min(step, taps)),
        classes(spread ? step : 1),
        reach((taps - 1) / step),
        input_step(spread ? 1 : step),
        input_offset(spread ? -reach : -padding),
        result_step(spread ? step : 1),
        result_offset(spread ? -padding : 0),
        taps(taps),
        step(step),
        spread(spread) {
    if (step == 1 && !spread) {
      // What follows one row's inputs comes before the next one's.
      const int64_t after = out + taps - 1 - in - padding;
      places = std::max(in + std::max(padding, after), out);
    } else {
      const int64_t results = spread ? (out - 1 + padding) / step + 1 : out;
      places = results + reach;
    }
  }
  // Whether results of class `kind` meet `tap`, in which plane, and how far on.
  bool Meets(int64_t tap, int64_t kind) const { return !spread || tap % step == kind; }
  int64_t PlaneOf(int64_t tap) const { return spread ? 0 : tap % step; }
  int64_t ShiftOf(int64_t tap) const { return spread ? reach - tap / step : tap / step; }
};

// A kind of image on a grid.
struct Plane {
  int64_t blocks, height, width;
  int64_t step_high, step_wide;
  int64_t top, left;  // of the grid's first place

  int64_t BlockFloats() const { return height * width * kBlock; }
  int64_t ImageFloats() const { return blocks * BlockFloats(); }
};

// A tap's inputs: their plane, and how many positions after the result.
struct Tap {
  int64_t plane, shift, weights;
};

// Result (image, y, x) is at position (image * rows + y) * pitch + x.
class Grid {
 public:
  explicit Grid(const Geometry& geometry)
      : geometry_(geometry),
        high_(geometry.in_height, geometry.out_height, geometry.taps_high, geometry.padding_top,
              geometry.stride_high, geometry.spread),
        wide_(geometry.in_width, geometry.out_width, geometry.taps_wide, geometry.padding_left,
              geometry.stride_wide, geometry.spread) {}

  int64_t pitch() const { return wide_.places; }
  int64_t rows() const { return high_.places; }
  int64_t planes() const { return high_.planes * wide_.planes; }
  int64_t classes() const { return high_.classes * wide_.classes; }
  int64_t Positions(int64_t images) const { return images * rows() * pitch(); }
  int64_t ImageOf(int64_t position) const { return position / (rows() * pitch()); }
  // From a result to the last input that it reads.
  int64_t reach() const { return high_.reach * pitch() + wide_.reach; }

  Plane Inputs(int64_t plane) const {
    return {geometry_.in_blocks,
            geometry_.in_height,
            geometry_.in_width,
            high_.input_step,
            wide_.input_step,
            high_.input_offset + plane / wide_.planes,
            wide_.input_offset + plane % wide_.planes};
  }
  Plane Results(int64_t kind) const {
    return {geometry_.out_blocks,
            geometry_.out_height,
            geometry_.out_width,
            high_.result_step,
            wide_.result_step,
            high_.result_offset + kind / wide_.classes,
            wide_.result_offset + kind % wide_.classes};
  }
  // Those that results of a class meet.
  int TapsOf(int64_t kind, Tap (&taps)[kMostTaps]) const {
    int count = 0;
    for (int64_t i = 0; i < geometry_.taps_high; ++i) {
      for (int64_t j = 0; j < geometry_.taps_wide; ++j) {
        if (!high_.Meets(i, kind / wide_.classes) || !wide_.Meets(j, kind % wide_.classes))
          continue;
        const int64_t index = i * geometry_.taps_wide + j;
        // Weights of a way back are turned round.
        taps[count++] = {high_.PlaneOf(i) * wide_.planes + wide_.PlaneOf(j),
                         high_.ShiftOf(i) * pitch() + wide_.ShiftOf(j),
                         geometry_.spread ? geometry_.Taps() - 1 - index : index};
      }
    }
    return count;
  }

 private:
  Geometry geometry_;
  Axis high_, wide_;
};

// places[i]: where position first + i is within a plane's `images` images, in floats from the image
// that `first` belongs to, or kNowhere.
void FindPlaces(const Grid& grid, const Plane& plane, int64_t images, int64_t first, int64_t count,
                int32_t* places);

}  // namespace trainyard::layers::convolution
