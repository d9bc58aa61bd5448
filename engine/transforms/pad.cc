// Transform `pad`: a border around images, for example 28 x 28 to the 32 x 32 that LeNet wants.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/data/transform.h"

namespace trainyard::transforms {
namespace {

constexpr int64_t kMostPixels = 1024;

class Pad final : public Transform {
 public:
  Pad(int64_t pixels, float value) : pixels_(pixels), value_(value) {}

  absl::StatusOr<Shape> OutputShape(const Shape& input) const override {
    if (input.rank() == 3) return Shape({input[0], input[1] + 2 * pixels_, input[2] + 2 * pixels_});
    return absl::InvalidArgumentError(absl::StrCat(
        "takes images [channels, height, width]; samples have shape ", input.ToString()));
  }
  absl::Status Fit(const FittingSamples&) override { return absl::OkStatus(); }
  bool looks_at_samples() const override { return false; }
  void Apply(const Shape& input, const float* in, float* out) const override {
    const int64_t height = input[1];
    const int64_t width = input[2];
    const int64_t out_width = width + 2 * pixels_;
    const int64_t out_plane = (height + 2 * pixels_) * out_width;
    std::fill(out, out + input[0] * out_plane, value_);
    for (int64_t c = 0; c < input[0]; ++c) {
      for (int64_t y = 0; y < height; ++y) {
        const float* row = in + (c * height + y) * width;
        std::copy(row, row + width, out + c * out_plane + (y + pixels_) * out_width + pixels_);
      }
    }
  }

 private:
  const int64_t pixels_;
  const float value_;
};

}  // namespace

CatalogEntry<Transform> PadEntry() {
  return {
      Schema("pad", "Puts a border around images.")
          .Add(Integer("pixels", "Width of the border on each side.")
                   .Required()
                   .AtLeast(1)
                   .AtMost(kMostPixels))
          .Add(
              Number("value", "What it is filled with, in the units before this transform's place.")
                  .Default(0)
                  .AtLeast(-1e30)
                  .AtMost(1e30))
          .Example("{type: pad, pixels: 2}"),
      [](const Params& params, Violations&) -> std::unique_ptr<Transform> {
        return std::make_unique<Pad>(params.Int("pixels"), static_cast<float>(params.Num("value")));
      }};
}

}  // namespace trainyard::transforms
