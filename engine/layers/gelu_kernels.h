// The Gaussian error linear unit, x times the normal distribution function of x, and its slope; one
// exponential serves both. Abramowitz and Stegun 1964, formula 7.1.26: erf within 1.5e-7. Run on
// the calling thread; the same bits on every machine.
#pragma once

#include <cstdint>

namespace trainyard::layers {

void GeluForward(const float* x, int64_t count, float* y);
// by_x = by_y times the slope at x.
void GeluBackward(const float* x, const float* by_y, int64_t count, float* by_x);

}  // namespace trainyard::layers
