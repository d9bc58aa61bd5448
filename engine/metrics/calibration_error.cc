// Expected calibration error (Guo et al. 2017, "On calibration of modern neural networks"): samples
// are put into bins of equal width by the probability of their predicted class; the gaps between a
// bin's mean probability and its share of right answers are averaged, weighted by the bin's size.
#include <algorithm>
#include <cmath>

#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "calibration_error";
constexpr double kMostBins = 1000;

class CalibrationError final : public Metric {
 public:
  explicit CalibrationError(int64_t bins) : bins_(static_cast<size_t>(bins)) {}

  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override { return NeedsClasses(kType, data); }
  void Reset(const DataInfo&) override {
    std::fill(bins_.begin(), bins_.end(), Bin());
    count_ = 0;
    broken_ = false;
  }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      LogProbabilities(batch.outputs + row * batch.width, batch.width, log_probabilities_);
      const auto best = std::max_element(log_probabilities_.begin(), log_probabilities_.end());
      const double probability = std::exp(*best);
      if (std::isnan(probability)) {
        broken_ = true;
        continue;
      }
      const size_t index = static_cast<size_t>(probability * static_cast<double>(bins_.size()));
      Bin& bin = bins_[std::min(index, bins_.size() - 1)];
      bin.probability += probability;
      bin.right += best - log_probabilities_.begin() == batch.labels[row] ? 1.0 : 0.0;
    }
    count_ += batch.count;
  }

  void Report(MetricReport& report) const override {
    double gaps = broken_ ? std::nan("") : 0.0;
    for (const Bin& bin : bins_) gaps += std::abs(bin.probability - bin.right);
    report.scalars.push_back({kType, Mean(gaps, count_)});
  }

 private:
  // Sums over its samples.
  struct Bin {
    double probability = 0;
    double right = 0;
  };

  std::vector<Bin> bins_;
  int64_t count_ = 0;
  bool broken_ = false;
  std::vector<double> log_probabilities_;
};

}  // namespace

CatalogEntry<Metric> CalibrationErrorEntry() {
  return {
      Schema(kType,
             "Mean gap between the predicted probability and the share of right answers (expected "
             "calibration error).")
          .Add(Integer("bins", "Bins of equal width.").Default(15).AtLeast(1).AtMost(kMostBins))
          .Example(kType),
      [](const Params& params, Violations&) {
        return std::make_unique<CalibrationError>(params.Int("bins"));
      }};
}

}  // namespace trainyard::metrics
