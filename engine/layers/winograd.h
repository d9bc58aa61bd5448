// Convolution of 3x3 taps at stride 1 by minimal filtering, F(4x4, 3x3): a tile of 4x4 results
// takes 36 products a pair of channels in place of 144. Lavin and Gray 2016, "Fast Algorithms for
// Convolutional Neural Networks"; points 0, 5/8, -5/8, 3/2, -3/2 and infinity.
//
//   A^T [(G w G^T) * (B^T d B)] A       d: 6x6 of the input, w: 3x3, *: element by element
//
// For each of the 36 elements the products over channels are a matrix product over tiles. For
// AVX-512, in float32.
#pragma once

#include <cstdint>

#include "engine/layers/convolution_kernels.h"

namespace trainyard::layers::winograd {

constexpr int64_t kPoints = 36;

// Whether this machine can.
bool Supported();

// Tiles of results of an image.
int64_t Tiles(const convolution::Geometry& geometry);

const convolution::Kernels& Kernels();

}  // namespace trainyard::layers::winograd
