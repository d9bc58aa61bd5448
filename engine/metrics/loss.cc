#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "loss";

class MeanLoss final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo&) const override { return absl::OkStatus(); }
  void Reset(const DataInfo&) override {
    count_ = 0;
    sum_ = 0;
  }
  void Update(const MetricBatch& batch) override {
    count_ += batch.count;
    sum_ += batch.loss_sum;
  }
  void Report(MetricReport& report) const override {
    report.scalars.push_back({kType, Mean(sum_, count_)});
  }

 private:
  int64_t count_ = 0;
  double sum_ = 0;
};

}  // namespace

CatalogEntry<Metric> LossEntry() {
  return {Schema(kType, "Mean of the loss that training minimises.").Example(kType),
          [](const Params&, Violations&) { return std::make_unique<MeanLoss>(); }};
}

}  // namespace trainyard::metrics
