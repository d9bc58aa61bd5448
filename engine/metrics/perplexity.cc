#include <cmath>

#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "perplexity";

class Perplexity final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override { return NeedsClasses(kType, data); }
  void Reset(const DataInfo&) override { loss_.Reset(); }
  void Update(const MetricBatch& batch) override { loss_.Update(batch); }
  void Report(MetricReport& report) const override {
    report.scalars.push_back({kType, std::exp(loss_.Value())});
  }

 private:
  MeanLogLoss loss_;
};

}  // namespace

CatalogEntry<Metric> PerplexityEntry() {
  return {Schema(kType,
                 "e to the mean negative log-probability of the right class under the softmax of "
                 "the outputs: as uncertain as an even choice among so many.")
              .Example(kType),
          [](const Params&, Violations&) { return std::make_unique<Perplexity>(); }};
}

}  // namespace trainyard::metrics
