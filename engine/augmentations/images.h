// What the augmentations of images share.
#pragma once

#include "engine/data/transform.h"

namespace trainyard {

// INVALID_ARGUMENT for anything but [channels, height, width].
absl::Status CheckImage(const Shape& input);

// Position in the random stream of a sample's `draw`-th number (below 16) in an epoch:
// RandomStream's major is the epoch, its minor this.
inline uint64_t DrawPosition(int64_t sample, uint64_t draw) {
  return static_cast<uint64_t>(sample) << 4 | draw;
}

// Moves a plane [height, width] in place by (down, right) pixels, either of which may be negative.
// What comes in from outside is `fill`.
void ShiftPlane(float* plane, int64_t height, int64_t width, int64_t down, int64_t right,
                float fill);

}  // namespace trainyard
