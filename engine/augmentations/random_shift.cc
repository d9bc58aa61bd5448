// Augmentation `random_shift`: moves an image by whole pixels, the same as padding and cropping at
// random.
#include "absl/strings/str_cat.h"
#include "engine/augmentations/images.h"

namespace trainyard::augmentations {
namespace {

constexpr int64_t kMostPixels = 1024;

class RandomShift final : public Augmentation {
 public:
  RandomShift(int64_t pixels, float fill) : pixels_(pixels), fill_(fill) {}

  absl::Status Check(const Shape& input) const override {
    if (absl::Status status = CheckImage(input); !status.ok()) return status;
    if (pixels_ < input[1] && pixels_ < input[2]) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("pixels: a shift by ", pixels_,
                                                   " leaves nothing of images ", input.ToString()));
  }
  void Apply(const Shape& shape, const RandomStream& stream, uint64_t epoch, int64_t sample,
             absl::Span<float> values) const override {
    const uint64_t choices = static_cast<uint64_t>(2 * pixels_ + 1);
    const int64_t down =
        static_cast<int64_t>(stream.Below(epoch, DrawPosition(sample, 0), choices)) - pixels_;
    const int64_t right =
        static_cast<int64_t>(stream.Below(epoch, DrawPosition(sample, 1), choices)) - pixels_;
    if (down == 0 && right == 0) return;
    for (int64_t channel = 0; channel < shape[0]; ++channel) {
      ShiftPlane(values.data() + channel * shape[1] * shape[2], shape[1], shape[2], down, right,
                 fill_);
    }
  }

 private:
  const int64_t pixels_;
  const float fill_;
};

}  // namespace

CatalogEntry<Augmentation> RandomShiftEntry() {
  return {Schema("random_shift",
                 "Moves an image by up to so many whole pixels in each direction, drawn for each "
                 "sample and epoch.")
              .Add(Integer("pixels", "Largest shift.").Default(2).AtLeast(1).AtMost(kMostPixels))
              .Add(Number("fill",
                          "Value of what comes in from outside, after the transforms; after "
                          "standardize, 0 is "
                          "the mean.")
                       .Default(0)
                       .AtLeast(-1e30)
                       .AtMost(1e30))
              .Example("{type: random_shift, pixels: 2}"),
          [](const Params& params, Violations&) -> std::unique_ptr<Augmentation> {
            return std::make_unique<RandomShift>(params.Int("pixels"),
                                                 static_cast<float>(params.Num("fill")));
          }};
}

}  // namespace trainyard::augmentations
