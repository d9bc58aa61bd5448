// Gaussian naive Bayes: each feature of each class is normal, and the features are taken to be
// independent.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/learners/checks.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "gaussian_naive_bayes";
constexpr int64_t kPredictRows = 64;
// Below the least likely class that has samples: e^-16 of it.
constexpr double kAbsent = 16;

class GaussianNaiveBayes final : public Learner {
 public:
  explicit GaussianNaiveBayes(double smoothing) : smoothing_(smoothing) {}

  absl::Status Check(const DataInfo& info) const override { return NeedsClasses(kType, info); }

  absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const override {
    LearnerSize size;
    const int64_t moments = MultiplySaturated(2 * problem.info.classes, problem.features);
    size.parameters = AddSaturated(moments, problem.info.classes);
    size.memory_bytes = MultiplySaturated(moments, 3 * sizeof(double));
    return size;
  }

  RawComponent Loss(const DataInfo&) const override { return {"softmax_cross_entropy", {}}; }

  absl::Status Fit(const LearnerSet& set, LearnerRun& run) override {
    SetShape(*set.info, set.train.features);
    const LearnerSamples& samples = set.train;
    const size_t size = static_cast<size_t>(classes_ * features_);
    std::vector<double> means(size);
    std::vector<double> variances(size);
    std::vector<double> counts(static_cast<size_t>(classes_));
    for (int64_t i = 0; i < samples.count; ++i) ++counts[samples.labels[i]];
    // A feature is summed by one thread, in the order of the samples.
    set.pool->Run(static_cast<int>(Blocks()), [&](int block, int) {
      const int64_t begin = block * kFeatureBlock;
      const int64_t end = std::min(features_, begin + kFeatureBlock);
      const auto sweep = [&](const auto& add, std::vector<double>& sums) {
        for (int64_t i = 0; i < samples.count; ++i) {
          const int64_t base = samples.labels[i] * features_;
          for (int64_t f = begin; f < end; ++f)
            sums[base + f] += add(samples.values[i * features_ + f], means[base + f]);
        }
        for (int64_t c = 0; c < classes_; ++c) {
          for (int64_t f = begin; f < end && counts[c] > 0; ++f)
            sums[c * features_ + f] /= counts[c];
        }
      };
      std::vector<double> sums(size);
      sweep([](double value, double) { return value; }, sums);
      for (int64_t c = 0; c < classes_; ++c) {
        for (int64_t f = begin; f < end; ++f) means[c * features_ + f] = sums[c * features_ + f];
      }
      sweep([](double value, double mean) { return (value - mean) * (value - mean); }, variances);
    });
    if (run.Stopping()) return Stopped();
    const double least = smoothing_ * std::max(LargestVariance(samples), 1e-30);
    mean_.assign(means.begin(), means.end());
    variance_.resize(size);
    for (size_t i = 0; i < size; ++i) variance_[i] = static_cast<float>(variances[i] + least);
    prior_.clear();
    for (const double count : counts)
      prior_.push_back(static_cast<float>(count / static_cast<double>(samples.count)));
    Prepare();
    run.Step({1, 1});
    return absl::OkStatus();
  }

  std::vector<NamedTensor> Export() const override {
    return {{"mean", {classes_, features_}, mean_},
            {"variance", {classes_, features_}, variance_},
            {"prior", {classes_}, prior_}};
  }

  absl::Status Restore(const DataInfo& info, int64_t features,
                       const std::vector<NamedTensor>& tensors) override {
    SetShape(info, features);
    ASSIGN_OR_RETURN(const NamedTensor* mean, TensorOf(tensors, "mean", {classes_, features_}));
    ASSIGN_OR_RETURN(const NamedTensor* variance,
                     TensorOf(tensors, "variance", {classes_, features_}));
    ASSIGN_OR_RETURN(const NamedTensor* prior, TensorOf(tensors, "prior", {classes_}));
    mean_ = mean->values;
    variance_ = variance->values;
    prior_ = prior->values;
    Prepare();
    return absl::OkStatus();
  }

  void Predict(const float* rows, int64_t count, ThreadPool& pool, float* outputs) const override {
    const int tiles = static_cast<int>((count + kPredictRows - 1) / kPredictRows);
    pool.Run(tiles, [&](int tile, int) {
      const int64_t end = std::min(count, (tile + 1) * kPredictRows);
      for (int64_t row = tile * kPredictRows; row < end; ++row)
        PredictRow(rows + row * features_, outputs + row * classes_);
    });
  }

 private:
  static constexpr int64_t kFeatureBlock = 64;

  int64_t Blocks() const { return (features_ + kFeatureBlock - 1) / kFeatureBlock; }

  void SetShape(const DataInfo& info, int64_t features) {
    features_ = features;
    classes_ = info.classes;
  }

  // Of a feature over all samples (scikit-learn's var_smoothing is a share of it).
  double LargestVariance(const LearnerSamples& samples) const {
    std::vector<double> sums(static_cast<size_t>(features_));
    std::vector<double> squares(static_cast<size_t>(features_));
    const double count = static_cast<double>(samples.count);
    for (int64_t i = 0; i < samples.count; ++i) {
      for (int64_t f = 0; f < features_; ++f) sums[f] += samples.values[i * features_ + f];
    }
    for (int64_t i = 0; i < samples.count; ++i) {
      for (int64_t f = 0; f < features_; ++f) {
        const double off = samples.values[i * features_ + f] - sums[f] / count;
        squares[f] += off * off;
      }
    }
    return *std::max_element(squares.begin(), squares.end()) / count;
  }

  // What does not depend on the sample: log prior - sum of log(2 pi variance) / 2.
  void Prepare() {
    constant_.assign(static_cast<size_t>(classes_), 0);
    for (int64_t c = 0; c < classes_; ++c) {
      double sum = 0;
      for (int64_t f = 0; f < features_; ++f)
        sum += std::log(2 * std::numbers::pi * variance_[c * features_ + f]);
      constant_[c] = std::log(static_cast<double>(prior_[c])) - 0.5 * sum;
    }
  }

  void PredictRow(const float* row, float* outputs) const {
    double least = 0;
    for (int64_t c = 0; c < classes_; ++c) {
      if (prior_[c] <= 0) continue;
      double sum = 0;
      for (int64_t f = 0; f < features_; ++f) {
        const double off = static_cast<double>(row[f]) - mean_[c * features_ + f];
        sum += off * off / variance_[c * features_ + f];
      }
      const double output = constant_[c] - 0.5 * sum;
      least = std::min(least, output);
      outputs[c] = static_cast<float>(output);
    }
    for (int64_t c = 0; c < classes_; ++c) {
      if (prior_[c] <= 0) outputs[c] = static_cast<float>(least - kAbsent);
    }
  }

  const double smoothing_;
  int64_t features_ = 0;
  int64_t classes_ = 0;
  std::vector<float> mean_;      // [classes, features]
  std::vector<float> variance_;  // the same, with the smoothing
  std::vector<float> prior_;     // [classes]; 0: without training samples, never predicted
  std::vector<double> constant_;
};

}  // namespace

CatalogEntry<Learner> GaussianNaiveBayesEntry() {
  return {Schema(kType,
                 "Gaussian naive Bayes: a mean and a variance of each feature for each class. "
                 "Learns in one pass, and is sure of itself even where it is wrong.")
              .Add(Number("smoothing",
                          "Share of the largest variance of a feature that is added to all.")
                       .Default(1e-9)
                       .AtLeast(1e-12)
                       .AtMost(1e6))
              .Example("{type: gaussian_naive_bayes}"),
          [](const Params& params, Violations&) {
            return std::make_unique<GaussianNaiveBayes>(params.Num("smoothing"));
          }};
}

}  // namespace trainyard::learners
