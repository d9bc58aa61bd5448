// k nearest neighbours by Euclidean distance: every sample to be predicted is compared with every
// training sample, in blocks, by matrix products.
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/saturated.h"
#include "engine/base/status.h"
#include "engine/learners/checks.h"
#include "engine/learners/kernel.h"
#include "engine/tensor/onednn.h"

namespace trainyard::learners {
namespace {

constexpr char kType[] = "nearest_neighbors";
constexpr int64_t kMostNeighbors = 10'000;
// A training sample is one column of the products.
constexpr int64_t kRows = 64;
constexpr int64_t kColumns = 1024;

struct Neighbor {
  double distance;  // squared
  int64_t sample;
  bool operator<(const Neighbor& other) const {
    return distance != other.distance ? distance < other.distance : sample < other.sample;
  }
};

class NearestNeighbors final : public Learner {
 public:
  NearestNeighbors(int64_t k, bool by_distance) : k_(k), by_distance_(by_distance) {}

  absl::Status Check(const DataInfo& info) const override { return NeedsNumbers(kType, info); }

  absl::StatusOr<LearnerSize> SizeFor(const LearnerProblem& problem) const override {
    if (k_ > problem.samples) {
      return absl::InvalidArgumentError(
          absl::StrCat("k is ", k_, ", the data has ", problem.samples, " training samples"));
    }
    LearnerSize size;
    // The training samples are the model, and are copied while it is written.
    size.memory_bytes =
        AddSaturated(MultiplySaturated(problem.samples, problem.features * 12 + 16),
                     MultiplySaturated(problem.threads, kRows * (kColumns * 4 + k_ * 16)));
    return size;
  }

  RawComponent Loss(const DataInfo& info) const override {
    return {info.task == Task::kRegression ? "mean_squared_error" : "softmax_cross_entropy", {}};
  }

  absl::Status Fit(const LearnerSet& set, LearnerRun& run) override {
    SetShape(*set.info, set.train.features);
    const int64_t count = set.train.count;
    values_.assign(set.train.values, set.train.values + count * features_);
    answers_.clear();
    for (int64_t i = 0; i < count && targets_ == 0; ++i)
      answers_.push_back(static_cast<float>(set.train.labels[i]));
    if (targets_ > 0) answers_.assign(set.train.targets, set.train.targets + count * targets_);
    norms_ = SquaredNorms(values_.data(), count, features_);
    run.Step({1, 1});
    return run.Stopping() ? Stopped() : absl::OkStatus();
  }

  std::vector<NamedTensor> Export() const override {
    const int64_t count = static_cast<int64_t>(norms_.size());
    return {{"samples", {count, features_}, values_},
            {"answers", {count, std::max<int64_t>(1, targets_)}, answers_}};
  }

  absl::Status Restore(const DataInfo& info, int64_t features,
                       const std::vector<NamedTensor>& tensors) override {
    SetShape(info, features);
    ASSIGN_OR_RETURN(const NamedTensor* samples, TensorOf(tensors, "samples", {-1, features_}));
    const int64_t count = samples->shape[0];
    ASSIGN_OR_RETURN(const NamedTensor* answers,
                     TensorOf(tensors, "answers", {count, std::max<int64_t>(1, targets_)}));
    if (count < k_) return BrokenModel("it has fewer samples than neighbours are asked for");
    for (const float answer : answers->values) {
      if (targets_ == 0 && !(answer >= 0 && answer < static_cast<float>(classes_)))
        return BrokenModel("a sample has a class that the data does not have");
    }
    values_ = samples->values;
    answers_ = answers->values;
    norms_ = SquaredNorms(values_.data(), count, features_);
    return absl::OkStatus();
  }

  void Predict(const float* rows, int64_t count, ThreadPool& pool, float* outputs) const override {
    const int64_t width = targets_ > 0 ? targets_ : classes_;
    const int tiles = static_cast<int>((count + kRows - 1) / kRows);
    pool.Run(tiles, [&](int tile, int) {
      const int64_t first = tile * kRows;
      const int64_t block = std::min(kRows, count - first);
      PredictBlock(rows + first * features_, block, outputs + first * width);
    });
  }

 private:
  void SetShape(const DataInfo& info, int64_t features) {
    features_ = features;
    classes_ = info.classes;
    targets_ = info.targets;
  }

  void PredictBlock(const float* rows, int64_t count, float* outputs) const {
    std::vector<std::vector<Neighbor>> nearest(static_cast<size_t>(count));
    std::vector<float> dots(static_cast<size_t>(count * kColumns));
    const int64_t samples = static_cast<int64_t>(norms_.size());
    for (int64_t first = 0; first < samples; first += kColumns) {
      const int64_t columns = std::min(kColumns, samples - first);
      onednn::Gemm(count, columns, features_, 1, {rows, features_, false},
                   {values_.data() + first * features_, features_, true}, 0, dots.data(), columns);
      for (int64_t row = 0; row < count; ++row) {
        for (int64_t j = 0; j < columns; ++j) {
          // Without the row's own norm, which all of them share.
          const double distance =
              static_cast<double>(norms_[first + j]) - 2.0 * dots[row * columns + j];
          Offer({distance, first + j}, nearest[row]);
        }
      }
    }
    const int64_t width = targets_ > 0 ? targets_ : classes_;
    for (int64_t row = 0; row < count; ++row)
      Answer(rows + row * features_, nearest[row], outputs + row * width);
  }

  // Keeps the k nearest as a heap with the farthest in front.
  void Offer(const Neighbor& candidate, std::vector<Neighbor>& heap) const {
    if (static_cast<int64_t>(heap.size()) == k_) {
      if (!(candidate < heap.front())) return;
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
    }
    heap.push_back(candidate);
    std::push_heap(heap.begin(), heap.end());
  }

  // Neighbours' weights: 1, or 1 / distance; where some are at no distance, they alone count.
  void Weigh(const float* row, const std::vector<Neighbor>& nearest,
             std::vector<double>& weights) const {
    weights.assign(nearest.size(), 1);
    if (!by_distance_) return;
    bool equal = false;
    for (size_t k = 0; k < nearest.size(); ++k) {
      const float* const other = &values_[nearest[k].sample * features_];
      double sum = 0;
      for (int64_t f = 0; f < features_; ++f) {
        const double off = static_cast<double>(row[f]) - other[f];
        sum += off * off;
      }
      weights[k] = sum;
      equal |= sum == 0;
    }
    for (double& weight : weights) weight = equal ? (weight == 0 ? 1 : 0) : 1 / std::sqrt(weight);
  }

  void Answer(const float* row, const std::vector<Neighbor>& nearest, float* outputs) const {
    std::vector<double> weights;
    Weigh(row, nearest, weights);
    const int64_t width = targets_ > 0 ? targets_ : classes_;
    std::vector<double> sums(static_cast<size_t>(width));
    double total = 0;
    for (size_t k = 0; k < nearest.size(); ++k) {
      const int64_t sample = nearest[k].sample;
      total += weights[k];
      if (targets_ == 0) {
        sums[static_cast<size_t>(answers_[sample])] += weights[k];
        continue;
      }
      for (int64_t t = 0; t < targets_; ++t)
        sums[t] += weights[k] * answers_[sample * targets_ + t];
    }
    for (int64_t i = 0; i < width; ++i) {
      outputs[i] =
          targets_ > 0 ? static_cast<float>(sums[i] / total) : LogProbability(sums[i] / total);
    }
  }

  const int64_t k_;
  const bool by_distance_;
  int64_t features_ = 0;
  int64_t classes_ = 0;
  int64_t targets_ = 0;
  std::vector<float> values_;   // [samples, features]
  std::vector<float> norms_;    // [samples]
  std::vector<float> answers_;  // [samples]: labels, or [samples, targets]
};

}  // namespace

CatalogEntry<Learner> NearestNeighborsEntry() {
  return {Schema(kType,
                 "k nearest neighbours: the classes (or the mean target) of the nearest training "
                 "samples, which are its model. Learns at once, and takes its time to predict.")
              .Add(Integer("k", "Neighbours that are asked.")
                       .Default(5)
                       .AtLeast(1)
                       .AtMost(static_cast<double>(kMostNeighbors)))
              .Add(String("weights", "All neighbours alike, or by 1 / distance.")
                       .Default("uniform")
                       .OneOf({"uniform", "distance"}))
              .Example("{type: nearest_neighbors, k: 5}"),
          [](const Params& params, Violations&) {
            return std::make_unique<NearestNeighbors>(params.Int("k"),
                                                      params.Str("weights") == "distance");
          }};
}

}  // namespace trainyard::learners
