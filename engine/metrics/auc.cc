// Area under the ROC curve: the probability that a sample of the class scores above one of the
// others, ties counting half; exact. For two classes that of class 1; for more, each class against
// the rest and their mean over the classes for which it is defined (both sides occur).
//
// The score of a class is its log-odds under the softmax. That is the order of the probabilities,
// as scikit-learn's multi_class="ovr" takes them, but probabilities near 1 keep theirs.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "auc";
// A score of each class is kept for every sample.
constexpr int64_t kMostClasses = 200;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Log-odds [width] of each class of one row, width >= 2.
void LogOdds(const float* outputs, int64_t width, std::vector<double>& exps, float* scores) {
  int64_t first = 0;
  for (int64_t i = 1; i < width; ++i) {
    if (IsAbove(outputs[i], outputs[first])) first = i;
  }
  int64_t second = first == 0 ? 1 : 0;
  for (int64_t i = 0; i < width; ++i) {
    if (i != first && IsAbove(outputs[i], outputs[second])) second = i;
  }
  exps.resize(static_cast<size_t>(width));
  double sum = 0;
  for (int64_t i = 0; i < width; ++i) {
    exps[i] = std::exp(static_cast<double>(outputs[i]) - outputs[first]);
    sum += exps[i];
  }
  // Without class i at least the largest term, 1, is left: nothing cancels.
  for (int64_t i = 0; i < width; ++i) {
    if (i != first) {
      scores[i] = static_cast<float>(static_cast<double>(outputs[i]) - outputs[first] -
                                     std::log(sum - exps[i]));
    }
  }
  double rest = 0;
  for (int64_t i = 0; i < width; ++i) {
    if (i != first) rest += std::exp(static_cast<double>(outputs[i]) - outputs[second]);
  }
  scores[first] =
      static_cast<float>(static_cast<double>(outputs[first]) - outputs[second] - std::log(rest));
}

// Of scores and whether each belongs to the class. NaN where one side is empty or a score is NaN.
double Area(std::vector<std::pair<float, bool>> scored) {
  for (const auto& [score, positive] : scored) {
    if (std::isnan(score)) return kNaN;
  }
  std::sort(scored.begin(), scored.end());
  int64_t positives = 0;
  int64_t negatives = 0;
  // Pairs in the right order count 2, ties 1.
  double doubled_wins = 0;
  for (size_t start = 0; start < scored.size();) {
    size_t end = start;
    int64_t tied_positives = 0;
    for (; end < scored.size() && scored[end].first == scored[start].first; ++end)
      tied_positives += scored[end].second;
    const int64_t tied_negatives = static_cast<int64_t>(end - start) - tied_positives;
    doubled_wins +=
        static_cast<double>(tied_positives) * static_cast<double>(2 * negatives + tied_negatives);
    positives += tied_positives;
    negatives += tied_negatives;
    start = end;
  }
  if (positives == 0 || negatives == 0) return kNaN;
  return doubled_wins / (2.0 * static_cast<double>(positives) * static_cast<double>(negatives));
}

class Auc final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override {
    absl::Status status = NeedsClasses(kType, data);
    if (status.ok() && (data.classes < 2 || data.classes > kMostClasses)) {
      status = absl::InvalidArgumentError(
          absl::StrCat("auc takes 2 to ", kMostClasses, " classes, the data has ", data.classes));
    }
    return status;
  }

  int64_t MemoryBytes(const DataInfo& data, int64_t samples) const override {
    const int64_t kept = data.classes == 2 ? 1 : data.classes;
    return samples * static_cast<int64_t>(kept * sizeof(float) + sizeof(int32_t) +
                                          sizeof(std::pair<float, bool>));
  }

  void Reset(const DataInfo& data) override {
    kept_ = data.classes == 2 ? 1 : data.classes;
    scores_.clear();
    labels_.clear();
  }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      const float* outputs = batch.outputs + row * batch.width;
      if (kept_ == 1) {
        scores_.push_back(batch.width == 1 ? outputs[0] : outputs[1] - outputs[0]);
      } else {
        scores_.resize(scores_.size() + static_cast<size_t>(kept_));
        LogOdds(outputs, batch.width, exps_, &scores_[scores_.size() - static_cast<size_t>(kept_)]);
      }
      labels_.push_back(batch.labels[row]);
    }
  }

  void Report(MetricReport& report) const override {
    if (kept_ == 1) {
      report.scalars.push_back({kType, AreaOf(0, 1)});
      return;
    }
    double sum = 0;
    int64_t defined = 0;
    for (int64_t i = 0; i < kept_; ++i) {
      const double area = AreaOf(i, static_cast<int32_t>(i));
      report.scalars.push_back({absl::StrCat(kType, "/", i), area});
      if (std::isnan(area)) continue;
      sum += area;
      ++defined;
    }
    report.scalars.push_back({kType, Mean(sum, defined)});
  }

 private:
  // Of the scores of one column for one class.
  double AreaOf(int64_t column, int32_t label) const {
    std::vector<std::pair<float, bool>> scored(labels_.size());
    for (size_t row = 0; row < labels_.size(); ++row) {
      scored[row] = {scores_[row * static_cast<size_t>(kept_) + static_cast<size_t>(column)],
                     labels_[row] == label};
    }
    return Area(std::move(scored));
  }

  int64_t kept_ = 1;  // scores a sample
  std::vector<float> scores_;
  std::vector<int32_t> labels_;
  std::vector<double> exps_;
};

}  // namespace

CatalogEntry<Metric> AucEntry() {
  return {Schema(kType,
                 "Area under the ROC curve: of class 1 for two classes, else of each class against "
                 "the rest (auc/3) "
                 "and their mean (auc).")
              .Example(kType),
          [](const Params&, Violations&) { return std::make_unique<Auc>(); }};
}

}  // namespace trainyard::metrics
