#include "absl/strings/str_cat.h"
#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "confusion";
// The matrix must fit one event.
constexpr int64_t kMostClasses = 500;

class Confusion final : public Metric {
 public:
  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override {
    absl::Status status = NeedsClasses(kType, data);
    if (status.ok() && data.classes > kMostClasses) {
      status =
          absl::InvalidArgumentError(absl::StrCat("a confusion matrix takes at most ", kMostClasses,
                                                  " classes, the data has ", data.classes));
    }
    return status;
  }

  void Reset(const DataInfo& data) override {
    classes_ = data.classes;
    counts_.assign(static_cast<size_t>(classes_ * classes_), 0.0);
  }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      const int32_t predicted = PredictedClass(batch.outputs + row * batch.width, batch.width);
      counts_[static_cast<size_t>(batch.labels[row] * classes_ + predicted)] += 1.0;
    }
  }

  void Report(MetricReport& report) const override {
    report.matrices.push_back({kType, classes_, classes_, counts_});
  }

 private:
  int64_t classes_ = 0;
  std::vector<double> counts_;
};

}  // namespace

CatalogEntry<Metric> ConfusionEntry() {
  return {Schema(kType, "Counts of samples by true class (row) and predicted class (column).")
              .Example(kType),
          [](const Params&, Violations&) { return std::make_unique<Confusion>(); }};
}

}  // namespace trainyard::metrics
