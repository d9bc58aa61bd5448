// Transform `normalize`: (value - mean) / deviation with numbers that the user gives.
#include "absl/strings/str_cat.h"
#include "engine/transforms/affine_transform.h"

namespace trainyard::transforms {
namespace {

constexpr size_t kMostValues = 1 << 20;
constexpr double kLargest = 1e30;
constexpr double kSmallestDeviation = 1e-30;

class Normalize final : public AffineTransform {
 public:
  Normalize(std::vector<double> mean, std::vector<double> deviation)
      : mean_(std::move(mean)), deviation_(std::move(deviation)) {}
  bool looks_at_samples() const override { return false; }

 protected:
  absl::Status Check(const Shape& input) const override {
    const int64_t channels = input[0];
    for (const auto& [name, values] :
         {std::pair{"mean", &mean_}, std::pair{"standard_deviation", &deviation_}}) {
      if (values->size() == 1 || static_cast<int64_t>(values->size()) == channels) continue;
      return absl::InvalidArgumentError(absl::StrCat(name, ": expected one value or ", channels,
                                                     " (samples have shape ", input.ToString(),
                                                     "), got ", values->size()));
    }
    return absl::OkStatus();
  }
  absl::StatusOr<AffineMap> MakeMap(const FittingSamples&) const override {
    AffineMap map;
    for (size_t i = 0; i < std::max(mean_.size(), deviation_.size()); ++i) {
      map.shift.push_back(mean_[mean_.size() == 1 ? 0 : i]);
      map.scale.push_back(1.0 / deviation_[deviation_.size() == 1 ? 0 : i]);
      map.offset.push_back(0);
    }
    return map;
  }

 private:
  const std::vector<double> mean_;
  const std::vector<double> deviation_;
};

}  // namespace

CatalogEntry<Transform> NormalizeEntry() {
  return {Schema("normalize",
                 "(value - mean) / standard_deviation with given numbers: one for all, or one a "
                 "channel (images) or "
                 "feature (vectors). Bytes are in [0, 1] before it.")
              .Add(Numbers("mean", "Subtracted.")
                       .Required()
                       .Size(1, kMostValues)
                       .AtLeast(-kLargest)
                       .AtMost(kLargest))
              .Add(Numbers("standard_deviation", "Divided by.")
                       .Required()
                       .Size(1, kMostValues)
                       .AtLeast(kSmallestDeviation)
                       .AtMost(kLargest))
              .Example("{type: normalize, mean: 0.2860, standard_deviation: 0.3530}"),
          [](const Params& params, Violations&) -> std::unique_ptr<Transform> {
            return std::make_unique<Normalize>(params.Nums("mean"),
                                               params.Nums("standard_deviation"));
          }};
}

}  // namespace trainyard::transforms
