// Direct convolution of bfloat16 numbers by matrix tiles (AMX), with sums in float32: up to 7x7
// taps at any stride. Images are laid out as one row of positions with zeros around each image's
// rows (convolution_grid.h): sixteen results that follow each other are a matrix product of sixteen
// positions' channels and a tap's weights, added up over taps and channels. Results at the
// positions between images are thrown away: 3 % of the work at a width of 32, 25 % at 4.
#pragma once

#include "engine/layers/convolution_kernels.h"

namespace trainyard::layers::tile_convolution {

// Whether this machine can, and the kernels are made for so many taps and such strides.
bool Takes(const convolution::Geometry& geometry);

const convolution::Kernels& Kernels();

}  // namespace trainyard::layers::tile_convolution
