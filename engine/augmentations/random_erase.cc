// Augmentation `random_erase`: blanks a random square of an image (DeVries and Taylor 2017,
// "cutout").
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/augmentations/images.h"

namespace trainyard::augmentations {
namespace {

constexpr int64_t kMostPixels = 1024;

class RandomErase final : public Augmentation {
 public:
  RandomErase(double probability, int64_t pixels, float fill)
      : probability_(probability), pixels_(pixels), fill_(fill) {}

  absl::Status Check(const Shape& input) const override {
    if (absl::Status status = CheckImage(input); !status.ok()) return status;
    if (pixels_ <= input[1] && pixels_ <= input[2]) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("pixels: a square of ", pixels_, " does not fit images ", input.ToString()));
  }
  void Apply(const Shape& shape, const RandomStream& stream, uint64_t epoch, int64_t sample,
             absl::Span<float> values) const override {
    if (!(stream.Uniform(epoch, DrawPosition(sample, 0)) < probability_)) return;
    // The centre is anywhere in the image, so that squares are cut at its border and every pixel is
    // as likely.
    const int64_t height = shape[1];
    const int64_t width = shape[2];
    const int64_t top = static_cast<int64_t>(stream.Below(epoch, DrawPosition(sample, 1),
                                                          static_cast<uint64_t>(height))) -
                        pixels_ / 2;
    const int64_t left = static_cast<int64_t>(stream.Below(epoch, DrawPosition(sample, 2),
                                                           static_cast<uint64_t>(width))) -
                         pixels_ / 2;
    const int64_t first = std::max<int64_t>(0, left);
    const int64_t end = std::min(width, left + pixels_);
    for (int64_t channel = 0; channel < shape[0]; ++channel) {
      for (int64_t y = std::max<int64_t>(0, top); y < std::min(height, top + pixels_); ++y) {
        float* row = values.data() + (channel * height + y) * width;
        std::fill(row + first, row + end, fill_);
      }
    }
  }

 private:
  const double probability_;
  const int64_t pixels_;
  const float fill_;
};

}  // namespace

CatalogEntry<Augmentation> RandomEraseEntry() {
  return {
      Schema("random_erase", "Blanks a square of an image around a random centre (cutout).")
          .Add(Number("probability", "Of being changed, drawn for each sample and epoch.")
                   .Default(0.5)
                   .AtLeast(0)
                   .AtMost(1))
          .Add(Integer("pixels", "Side of the square.").Default(8).AtLeast(1).AtMost(kMostPixels))
          .Add(Number("fill", "Value of the square, after the transforms.")
                   .Default(0)
                   .AtLeast(-1e30)
                   .AtMost(1e30))
          .Example("{type: random_erase, pixels: 8}"),
      [](const Params& params, Violations&) -> std::unique_ptr<Augmentation> {
        return std::make_unique<RandomErase>(params.Num("probability"), params.Int("pixels"),
                                             static_cast<float>(params.Num("fill")));
      }};
}

}  // namespace trainyard::augmentations
