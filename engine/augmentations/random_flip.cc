// Augmentation `random_flip`: mirrors an image left to right, with a probability.
#include <algorithm>

#include "engine/augmentations/images.h"

namespace trainyard::augmentations {
namespace {

class RandomFlip final : public Augmentation {
 public:
  explicit RandomFlip(double probability) : probability_(probability) {}

  absl::Status Check(const Shape& input) const override { return CheckImage(input); }
  void Apply(const Shape& shape, const RandomStream& stream, uint64_t epoch, int64_t sample,
             absl::Span<float> values) const override {
    if (!(stream.Uniform(epoch, DrawPosition(sample, 0)) < probability_)) return;
    const int64_t width = shape[2];
    for (float* row = values.data(); row != values.data() + values.size(); row += width) {
      std::reverse(row, row + width);
    }
  }

 private:
  const double probability_;
};

}  // namespace

CatalogEntry<Augmentation> RandomFlipEntry() {
  return {Schema("random_flip", "Mirrors an image left to right.")
              .Add(Number("probability", "Of being mirrored, drawn for each sample and epoch.")
                       .Default(0.5)
                       .AtLeast(0)
                       .AtMost(1))
              .Example("{type: random_flip}"),
          [](const Params& params, Violations&) -> std::unique_ptr<Augmentation> {
            return std::make_unique<RandomFlip>(params.Num("probability"));
          }};
}

}  // namespace trainyard::augmentations
