#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "log_loss";

class LogLoss final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override { return NeedsClasses(kType, data); }
  void Reset(const DataInfo&) override { loss_.Reset(); }
  void Update(const MetricBatch& batch) override { loss_.Update(batch); }
  void Report(MetricReport& report) const override {
    report.scalars.push_back({kType, loss_.Value()});
  }

 private:
  MeanLogLoss loss_;
};

}  // namespace

CatalogEntry<Metric> LogLossEntry() {
  return {Schema(kType,
                 "Mean negative log-probability (nats) of the right class under the softmax of the "
                 "outputs, whatever "
                 "the loss was.")
              .Example(kType),
          [](const Params&, Violations&) { return std::make_unique<LogLoss>(); }};
}

}  // namespace trainyard::metrics
