// Support vector machine on random Fourier features (Rahimi and Recht 2007): cosines of random
// projections, whose products approximate the rbf kernel, in front of linear_svm. Time grows with
// the samples, and not with their square.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/philox.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/learners/checks.h"
#include "engine/learners/kernel.h"
#include "engine/learners/linear_learner.h"
#include "engine/tensor/onednn.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "fourier_svm";
constexpr int64_t kBlockRows = 256;
constexpr char kProjection[] = "projection";
constexpr char kPhase[] = "phase";

class FourierSvm final : public Learner {
 public:
  FourierSvm(LinearSettings settings, int64_t components, double gamma)
      : linear_(MakeLinearLearner(std::move(settings))), components_(components), gamma_(gamma) {}

  absl::Status Check(const DataInfo& info) const override { return linear_->Check(info); }

  absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const override {
    LearnerProblem mapped = problem;
    mapped.features = components_;
    ASSIGN_OR_RETURN(LearnerSize size, linear_->SizeFor(mapped));
    const int64_t map = MultiplySaturated(components_, problem.features + 1);
    const int64_t samples = MultiplySaturated(AddSaturated(problem.samples, 512), components_);
    size.memory_bytes = AddSaturated(size.memory_bytes,
                                     MultiplySaturated(AddSaturated(samples, map), sizeof(float)));
    return size;
  }

  RawComponent Loss(const DataInfo& info) const override { return linear_->Loss(info); }
  bool has_probabilities() const override { return false; }

  absl::Status Fit(const LearnerSet& set, LearnerRun& run) override {
    features_ = set.train.features;
    const double gamma =
        gamma_ > 0 ? gamma_ : ScaleGamma(set.train.values, set.train.count, features_);
    Draw(set.seed, gamma);
    std::vector<float> mapped(static_cast<size_t>(set.train.count * components_));
    Map(set.train.values, set.train.count, *set.pool, mapped.data(), &run);
    if (run.Stopping()) return Stopped();
    LearnerSet inner = set;
    inner.train.features = components_;
    inner.train.values = mapped.data();
    return linear_->Fit(inner, run);
  }

  std::vector<NamedTensor> Export() const override {
    std::vector<NamedTensor> tensors = linear_->Export();
    tensors.push_back({kProjection, {components_, features_}, projection_});
    tensors.push_back({kPhase, {components_}, phase_});
    return tensors;
  }

  absl::Status Restore(const DataInfo& info, int64_t features,
                       const std::vector<NamedTensor>& tensors) override {
    features_ = features;
    ASSIGN_OR_RETURN(const NamedTensor* projection,
                     TensorOf(tensors, kProjection, {components_, features_}));
    ASSIGN_OR_RETURN(const NamedTensor* phase, TensorOf(tensors, kPhase, {components_}));
    projection_ = projection->values;
    phase_ = phase->values;
    return linear_->Restore(info, components_, tensors);
  }

  void Predict(const float* rows, int64_t count, ThreadPool& pool, float* outputs) const override {
    std::vector<float> mapped(static_cast<size_t>(count * components_));
    Map(rows, count, pool, mapped.data(), nullptr);
    linear_->Predict(mapped.data(), count, pool, outputs);
  }

 private:
  // Projections are normal with variance 2 gamma, phases uniform in a circle.
  void Draw(uint64_t seed, double gamma) {
    const RandomStream stream(seed, RandomPurpose::kInitialization, kDrawsItem);
    const double deviation = std::sqrt(2 * gamma);
    projection_.resize(static_cast<size_t>(components_ * features_));
    for (size_t i = 0; i < projection_.size(); ++i) {
      const auto words = stream.Words(0, i);  // Box and Muller
      const double radius =
          std::sqrt(-2 * std::log1p(-static_cast<double>(RandomStream::ToUniform(words[0]))));
      const double angle = 2 * std::numbers::pi * RandomStream::ToUniform(words[1]);
      projection_[i] = static_cast<float>(deviation * radius * std::cos(angle));
    }
    phase_.resize(static_cast<size_t>(components_));
    for (size_t i = 0; i < phase_.size(); ++i)
      phase_[i] = 2 * std::numbers::pi_v<float> * stream.Uniform(1, i);
  }

  // Stops early where the run does.
  void Map(const float* rows, int64_t count, ThreadPool& pool, float* mapped,
           const LearnerRun* run) const {
    const int tiles = static_cast<int>((count + kBlockRows - 1) / kBlockRows);
    const float scale = std::sqrt(2.0f / static_cast<float>(components_));
    pool.Run(tiles, [&](int tile, int) {
      if (run != nullptr && run->Stopping()) return;
      const int64_t first = tile * kBlockRows;
      const int64_t block = std::min(kBlockRows, count - first);
      float* const out = mapped + first * components_;
      LinearScores(rows + first * features_, block, features_, projection_.data(), phase_.data(),
                   components_, out);
      for (int64_t i = 0; i < block * components_; ++i) out[i] = scale * std::cos(out[i]);
    });
  }

  // Tells the draws apart from those of layers.
  static constexpr uint32_t kDrawsItem = 1u << 20;

  const std::unique_ptr<Learner> linear_;
  const int64_t components_;
  const double gamma_;  // 0: from the samples
  int64_t features_ = 0;
  std::vector<float> projection_;  // [components, features]
  std::vector<float> phase_;       // [components]
};

}  // namespace

CatalogEntry<Learner> FourierSvmEntry() {
  Schema schema(kType,
                "Approximates kernel_svm with the rbf kernel for any number of samples: a linear "
                "machine on random Fourier features. More components come nearer.");
  return {WithLinearParams(std::move(schema))
              .Add(Integer("components", "Random features.").Default(2000).AtLeast(1).AtMost(65536))
              .Add(Number("gamma",
                          "Of exp(-gamma * squared distance); absent: 1 / (features * "
                          "variance of their values).")
                       .Above(0)
                       .AtMost(1e9))
              .Example("{type: fourier_svm, components: 500, c: 1.0}"),
          [](const Params& params, Violations&) {
            LinearSettings settings = ReadLinearParams(params);
            settings.type = kType;
            settings.loss = LinearLoss::kSquaredHinge;
            return std::make_unique<FourierSvm>(std::move(settings), params.Int("components"),
                                                params.Has("gamma") ? params.Num("gamma") : 0);
          }};
}

}  // namespace trainyard::learners
