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
  void Reset(const DataInfo&) override {
    count_ = 0;
    sum_ = 0;
  }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      LogProbabilities(batch.outputs + row * batch.width, batch.width, log_probabilities_);
      sum_ -= log_probabilities_[batch.labels[row]];
    }
    count_ += batch.count;
  }

  void Report(MetricReport& report) const override {
    report.scalars.push_back({kType, std::exp(Mean(sum_, count_))});
  }

 private:
  int64_t count_ = 0;
  double sum_ = 0;
  std::vector<double> log_probabilities_;
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
