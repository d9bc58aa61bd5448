#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "mse";

class Mse final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override { return NeedsTargets(kType, data); }
  void Reset(const DataInfo&) override {
    count_ = 0;
    sum_ = 0;
  }

  void Update(const MetricBatch& batch) override {
    const int64_t values = batch.count * batch.width;
    for (int64_t i = 0; i < values; ++i) {
      const double difference = static_cast<double>(batch.outputs[i]) - batch.targets[i];
      sum_ += difference * difference;
    }
    count_ += values;
  }

  void Report(MetricReport& report) const override {
    report.scalars.push_back({kType, Mean(sum_, count_)});
  }

 private:
  int64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace

CatalogEntry<Metric> MseEntry() {
  return {
      Schema(kType, "Mean squared difference between output and target, over samples and targets.")
          .Example(kType),
      [](const Params&, Violations&) { return std::make_unique<Mse>(); }};
}

}  // namespace trainyard::metrics
