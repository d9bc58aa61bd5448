#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "accuracy";

class Accuracy final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override { return NeedsClasses(kType, data); }
  void Reset(const DataInfo&) override { count_ = right_ = 0; }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      right_ += PredictedClass(batch.outputs + row * batch.width, batch.width) == batch.labels[row];
    }
    count_ += batch.count;
  }

  void Report(MetricReport& report) const override {
    report.scalars.push_back({kType, Mean(static_cast<double>(right_), count_)});
  }

 private:
  int64_t count_ = 0;
  int64_t right_ = 0;
};

}  // namespace

CatalogEntry<Metric> AccuracyEntry() {
  return {Schema(kType, "Share of samples whose largest output is that of the right class.")
              .Example(kType),
          [](const Params&, Violations&) { return std::make_unique<Accuracy>(); }};
}

}  // namespace trainyard::metrics
