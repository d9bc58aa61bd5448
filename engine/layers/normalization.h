// The arithmetic of batch normalisation over any block form (see onednn::BlockForm): channel sums
// of a group of samples, and maps with a factor and an offset per channel. Statistics of the whole
// batch are combined from the groups' in their order, so that they depend on nothing but the
// specification.
#pragma once

#include <cstdint>

#include "engine/tensor/onednn.h"

namespace trainyard::layers {

// `samples` samples of form, at x and y. Channel arrays are padded: [channel_blocks * block].

// sum[c] = sum of x, over samples and space.
void ChannelSums(const onednn::BlockForm& form, int64_t samples, const float* x, double* sum);
// sum[c] = sum of (x - mean[c])^2.
void ChannelSquares(const onednn::BlockForm& form, int64_t samples, const float* x,
                    const float* mean, double* sum);

// y = scale[c] * x + shift[c]; with `relu` max(y, 0).
void ChannelAffine(const onednn::BlockForm& form, int64_t samples, const float* x,
                   const float* scale, const float* shift, bool relu, float* y);

// What the gradient is made of. With `relu`, dy counts only where scale[c] * x + shift[c] > 0.
struct ChannelGradient {
  const float* x = nullptr;
  const float* dy = nullptr;
  const float* mean = nullptr;
  const float* scale = nullptr;
  const float* shift = nullptr;
  bool relu = false;
};
// sum[c] = sum of dy, product[c] = sum of dy * (x - mean[c]).
void ChannelProducts(const onednn::BlockForm& form, int64_t samples, const ChannelGradient& g,
                     double* sum, double* product);
// dx = a[c] * dy + b[c] * (x - mean[c]) + c[c].
void ChannelBackward(const onednn::BlockForm& form, int64_t samples, const ChannelGradient& g,
                     const float* a, const float* b, const float* c, float* dx);

}  // namespace trainyard::layers
