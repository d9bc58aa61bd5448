// Coefficient of determination: the share of a target's variance that the model explains, 1 at
// best, 0 for the mean of the target, negative for worse; the mean over targets. NaN where a target
// does not vary.
#include <limits>

#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "r2";

class R2 final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override { return NeedsTargets(kType, data); }
  void Reset(const DataInfo& data) override {
    count_ = 0;
    columns_.assign(static_cast<size_t>(data.targets), Column());
  }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      ++count_;
      for (int64_t target = 0; target < batch.width; ++target) {
        const double value = batch.targets[row * batch.width + target];
        const double residual = value - batch.outputs[row * batch.width + target];
        Column& column = columns_[target];
        column.residual += residual * residual;
        // Welford 1962: no digits are lost where the mean is large against the spread.
        const double before = value - column.mean;
        column.mean += before / static_cast<double>(count_);
        column.variation += before * (value - column.mean);
      }
    }
  }

  void Report(MetricReport& report) const override {
    double sum = 0;
    for (const Column& column : columns_) {
      sum += column.variation > 0 ? 1.0 - column.residual / column.variation
                                  : std::numeric_limits<double>::quiet_NaN();
    }
    report.scalars.push_back({kType, Mean(sum, static_cast<int64_t>(columns_.size()))});
  }

 private:
  // Of one target: sums of squares around the prediction and around the mean.
  struct Column {
    double residual = 0;
    double mean = 0;
    double variation = 0;
  };

  int64_t count_ = 0;
  std::vector<Column> columns_;
};

}  // namespace

CatalogEntry<Metric> R2Entry() {
  return {
      Schema(
          kType,
          "Share of the targets' variance that is explained: 1 at best, 0 for predicting the mean.")
          .Example(kType),
      [](const Params&, Violations&) { return std::make_unique<R2>(); }};
}

}  // namespace trainyard::metrics
