// Random values for initializers: element i is a function of the stream and i only.
#pragma once

#include "absl/types/span.h"
#include "engine/base/philox.h"

namespace trainyard::initializers {

// In [low, high).
void FillUniform(const RandomStream& stream, double low, double high, absl::Span<float> values);
void FillNormal(const RandomStream& stream, double mean, double stddev, absl::Span<float> values);

// What `distribution` may be for initializers that only choose a variance, and the fill that it
// means: a normal, or a uniform distribution of the same variance.
enum class Distribution { kUniform, kNormal };
void FillWithVariance(const RandomStream& stream, Distribution distribution, double variance,
                      absl::Span<float> values);

}  // namespace trainyard::initializers
