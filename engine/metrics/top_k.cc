#include "absl/strings/str_cat.h"
#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "top_k";
constexpr double kLargestK = 1e6;

class TopK final : public Metric {
 public:
  explicit TopK(int64_t k) : k_(k) {}

  std::string name() const override { return absl::StrCat("top_", k_); }
  absl::Status Check(const DataInfo& data) const override {
    absl::Status status = NeedsClasses(kType, data);
    if (status.ok() && k_ >= data.classes) {
      status = absl::InvalidArgumentError(
          absl::StrCat("k = ", k_, " is always right among ", data.classes, " classes"));
    }
    return status;
  }
  void Reset(const DataInfo&) override { count_ = right_ = 0; }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      const float* outputs = batch.outputs + row * batch.width;
      right_ += batch.width == 1 ? PredictedClass(outputs, 1) == batch.labels[row]
                                 : Rank(outputs, batch.width, batch.labels[row]) < k_;
    }
    count_ += batch.count;
  }

  void Report(MetricReport& report) const override {
    report.scalars.push_back({name(), Mean(static_cast<double>(right_), count_)});
  }

 private:
  // How many classes come before `label` by output; of equal ones those before it in number.
  static int64_t Rank(const float* outputs, int64_t width, int32_t label) {
    int64_t rank = 0;
    for (int64_t i = 0; i < width; ++i) {
      rank += IsAbove(outputs[i], outputs[label]) ||
              (i < label && !IsAbove(outputs[label], outputs[i]));
    }
    return rank;
  }

  const int64_t k_;
  int64_t count_ = 0;
  int64_t right_ = 0;
};

}  // namespace

CatalogEntry<Metric> TopKEntry() {
  return {
      Schema(
          kType,
          "Share of samples whose right class is among the k largest outputs; reported as top_<k>.")
          .Add(Integer("k", "How many outputs count.").Default(5).AtLeast(1).AtMost(kLargestK))
          .Example("{type: top_k, k: 3}"),
      [](const Params& params, Violations&) { return std::make_unique<TopK>(params.Int("k")); }};
}

}  // namespace trainyard::metrics
