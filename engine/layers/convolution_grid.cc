#include "engine/layers/convolution_grid.h"

namespace trainyard::layers::convolution {

void FindPlaces(const Grid& grid, const Plane& plane, int64_t images, int64_t first, int64_t count,
                int32_t* places) {
  std::fill(places, places + count, kNowhere);
  const int64_t end = first + count;
  const int64_t first_image = grid.ImageOf(first);
  // Places of a row that are within an image.
  const int64_t begin_wide = CeilDivide(std::max<int64_t>(-plane.left, 0), plane.step_wide);
  const int64_t end_wide = std::min(
      grid.pitch(), CeilDivide(std::max<int64_t>(plane.width - plane.left, 0), plane.step_wide));
  for (int64_t row = first / grid.pitch(); row * grid.pitch() < end; ++row) {
    const int64_t image = row / grid.rows();
    const int64_t y = row % grid.rows() * plane.step_high + plane.top;
    if (image >= images) return;
    if (y < 0 || y >= plane.height) continue;
    const int64_t place =
        (image - first_image) * plane.ImageFloats() + (y * plane.width + plane.left) * kBlock;
    const int64_t start = row * grid.pitch();
    const int64_t stop = std::min(start + end_wide, end);
    for (int64_t i = std::max(start + begin_wide, first); i < stop; ++i)
      places[i - first] = static_cast<int32_t>(place + (i - start) * plane.step_wide * kBlock);
  }
}

}  // namespace trainyard::layers::convolution
