// Arithmetic on rows of features: the parts of sequence layers that are no matrix products. Kernels
// are compiled for several instruction sets and chosen once; sums are split over a fixed number of
// lanes, so that the bits are the same on all of them. Pure functions.
#pragma once

#include <cstdint>

namespace trainyard::layers {

// Of a row: its largest score, and 1 / sum of e^(score - largest).
struct SoftmaxSums {
  float largest = 0;
  float inverse_sum = 0;
};

// A block of rows of scores, softmax taken over the first widths of them: row i has
// first_width + i * step columns, and what follows up to `columns` becomes 0.
struct SoftmaxBlock {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t first_width = 0;
  int64_t step = 0;  // 1: causal, 0: all rows alike
};

// In place, scores [rows, columns] to probabilities; leaves sums [rows].
void SoftmaxRows(const SoftmaxBlock& block, float* scores, SoftmaxSums* sums);
// The same probabilities from the sums that SoftmaxRows left.
void SoftmaxRowsAgain(const SoftmaxBlock& block, const SoftmaxSums* sums, float* scores);
// In place: gradients by probabilities [rows, columns] become those by scores, which were the
// softmax's input; 0 beyond each row's width.
void SoftmaxRowsBackward(const SoftmaxBlock& block, const float* probabilities, float* gradient);

// Of a row: its mean, and 1 / sqrt(variance + epsilon).
struct NormSums {
  float mean = 0;
  float inverse_deviation = 0;
};

// y = scale * (x - mean) * inverse_deviation + shift over each of [rows, features].
void NormalizeRows(int64_t rows, int64_t features, float epsilon, const float* x,
                   const float* scale, const float* shift, float* y, NormSums* sums);
// Adds to scale_gradient and shift_gradient [features]; dx may be null where nobody wants it.
void NormalizeRowsBackward(int64_t rows, int64_t features, const float* x, const float* dy,
                           const float* scale, const NormSums* sums, float* dx,
                           float* scale_gradient, float* shift_gradient);

}  // namespace trainyard::layers
