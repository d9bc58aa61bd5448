#include "engine/augmentations/images.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace trainyard {

absl::Status CheckImage(const Shape& input) {
  if (input.rank() == 3) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "takes images [channels, height, width]; samples have shape ", input.ToString()));
}

void ShiftPlane(float* plane, int64_t height, int64_t width, int64_t down, int64_t right,
                float fill) {
  const int64_t kept = std::max<int64_t>(0, width - std::abs(right));
  const int64_t from = std::max<int64_t>(0, -right);
  const int64_t to = std::max<int64_t>(0, right);
  for (int64_t i = 0; i < height; ++i) {
    // Against the direction of the move, so that no row is overwritten before it is read.
    const int64_t y = down > 0 ? height - 1 - i : i;
    float* row = plane + y * width;
    const int64_t source = y - down;
    if (source < 0 || source >= height || kept == 0) {
      std::fill(row, row + width, fill);
      continue;
    }
    std::memmove(row + to, plane + source * width + from,
                 static_cast<size_t>(kept) * sizeof(float));
    std::fill(row, row + to, fill);
    std::fill(row + to + kept, row + width, fill);
  }
}

}  // namespace trainyard
