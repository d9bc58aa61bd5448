// Transform `pca`: samples as the directions in which the training part varies most see them.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "engine/base/vectorized.h"
#include "engine/transforms/principal.h"

namespace trainyard::transforms {
namespace {

constexpr int64_t kMostComponents = 2048;
constexpr int64_t kMostFeatures = 1 << 17;
// Components are added up so many at a time; rows of weights are filled up with zeros to it.
constexpr int64_t kLanes = 16;
// A direction with less of the largest variance has none but for rounding, and is not blown up.
constexpr double kSmallestShare = 1e-12;

// out [padded] = (in - mean) * weights [features, padded], each sum in the order of the features.
TRAINYARD_VECTORIZED void Project(const float* in, const float* mean, const float* weights,
                                  int64_t features, int64_t padded, float* out) {
  for (int64_t lane = 0; lane < padded; lane += kLanes) {
    float sums[kLanes] = {};
    for (int64_t f = 0; f < features; ++f) {
      const float value = in[f] - mean[f];
      const float* const row = weights + f * padded + lane;
      for (int64_t k = 0; k < kLanes; ++k) sums[k] += value * row[k];
    }
    for (int64_t k = 0; k < kLanes; ++k) out[lane + k] = sums[k];
  }
}

class Pca final : public Transform {
 public:
  Pca(int64_t components, bool whiten) : components_(components), whiten_(whiten) {}

  absl::StatusOr<Shape> OutputShape(const Shape& input) const override {
    if (input.elements() > kMostFeatures) {
      return absl::InvalidArgumentError(absl::StrCat(
          "samples of shape ", input.ToString(), " have ", input.elements(), " values; at most ",
          kMostFeatures, " are taken: reduce them first, for example with {type: hog}"));
    }
    if (components_ > input.elements()) {
      return absl::InvalidArgumentError(absl::StrCat("components: ", components_,
                                                     "; samples of shape ", input.ToString(),
                                                     " have ", input.elements(), " values"));
    }
    return Shape({components_});
  }
  int64_t fewest_samples() const override { return components_ + 1; }
  bool worth_keeping() const override { return true; }

  absl::Status Fit(const FittingSamples& samples) override {
    ASSIGN_OR_RETURN(const PrincipalComponents found,
                     FindPrincipalComponents(samples, components_));
    const size_t features = found.mean.size();
    std::vector<float> weights;
    for (size_t c = 0; c < found.variance.size(); ++c) {
      const bool varies = found.variance[c] > kSmallestShare * found.variance[0];
      const double scale = !whiten_ ? 1 : varies ? 1 / std::sqrt(found.variance[c]) : 0;
      for (size_t f = 0; f < features; ++f)
        weights.push_back(static_cast<float>(scale * found.directions[c * features + f]));
    }
    return Restore(samples.shape, {{kMean, {found.mean.begin(), found.mean.end()}},
                                   {kWeights, std::move(weights)}});
  }
  FittedValues Fitted() const override {
    std::vector<float> weights;
    for (int64_t c = 0; c < components_; ++c) {
      for (size_t f = 0; f < mean_.size(); ++f) weights.push_back(weights_[f * padded_ + c]);
    }
    return {{kMean, mean_}, {kWeights, std::move(weights)}};
  }
  absl::Status Restore(const Shape& input, const FittedValues& values) override {
    const auto mean = values.find(kMean);
    const auto weights = values.find(kWeights);
    const size_t features = static_cast<size_t>(input.elements());
    if (mean == values.end() || weights == values.end() || mean->second.size() != features ||
        weights->second.size() != features * static_cast<size_t>(components_)) {
      return absl::InvalidArgumentError(
          absl::StrCat("its fitted values are not those of samples of shape ", input.ToString()));
    }
    mean_ = mean->second;
    padded_ = static_cast<size_t>((components_ + kLanes - 1) / kLanes * kLanes);
    weights_.assign(features * padded_, 0);
    for (size_t c = 0; c < static_cast<size_t>(components_); ++c) {
      for (size_t f = 0; f < features; ++f)
        weights_[f * padded_ + c] = weights->second[c * features + f];
    }
    return absl::OkStatus();
  }

  void Apply(const Shape& input, const float* in, float* out) const override {
    static thread_local std::vector<float> sums;
    sums.resize(std::max(sums.size(), padded_));
    Project(in, mean_.data(), weights_.data(), input.elements(), static_cast<int64_t>(padded_),
            sums.data());
    std::copy_n(sums.data(), components_, out);
  }

 private:
  static constexpr char kMean[] = "mean";
  static constexpr char kWeights[] = "components";

  const int64_t components_;
  const bool whiten_;
  std::vector<float> mean_;
  size_t padded_ = 0;           // components, filled up to lanes
  std::vector<float> weights_;  // [features, padded_]
};

}  // namespace

CatalogEntry<Transform> PcaEntry() {
  return {Schema("pca",
                 "Principal components: the directions in which the training part varies most, "
                 "largest variance first. Gives a vector. Up to 2048 features by the covariance "
                 "matrix, above that by subspace iteration.")
              .Add(Integer("components", "Number of directions.")
                       .Required()
                       .AtLeast(1)
                       .AtMost(kMostComponents))
              .Add(Boolean("whiten", "Scale each to variance 1.").Default(false))
              .Example("{type: pca, components: 2}"),
          [](const Params& params, Violations&) -> std::unique_ptr<Transform> {
            return std::make_unique<Pca>(params.Int("components"), params.Bool("whiten"));
          }};
}

}  // namespace trainyard::transforms
