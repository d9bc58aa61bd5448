// Of each class: precision (share of its predictions that are right), recall (share of its samples
// that are found) and F1 (their harmonic mean); a share of nothing counts as 0. The macro values
// are means over the classes that occur among labels or predictions. These are scikit-learn's
// meanings.
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/metrics/metric.h"
#include "engine/metrics/outputs.h"

namespace trainyard::metrics {
namespace {

constexpr char kType[] = "precision_recall_f1";
// Three series a class.
constexpr int64_t kMostClassesOneByOne = 1000;

class PrecisionRecallF1 final : public Metric {
 public:
  explicit PrecisionRecallF1(bool per_class) : per_class_(per_class) {}

  std::string name() const override { return kType; }
  absl::Status Check(const DataInfo& data) const override {
    absl::Status status = NeedsClasses(kType, data);
    if (status.ok() && per_class_ && data.classes > kMostClassesOneByOne) {
      status = absl::InvalidArgumentError(
          absl::StrCat(data.classes, " classes are too many to report one by one (",
                       kMostClassesOneByOne, "); set per_class: false"));
    }
    return status;
  }

  void Reset(const DataInfo& data) override {
    counts_.assign(static_cast<size_t>(data.classes), Counts());
  }

  void Update(const MetricBatch& batch) override {
    for (int64_t row = 0; row < batch.count; ++row) {
      const int32_t predicted = PredictedClass(batch.outputs + row * batch.width, batch.width);
      const int32_t label = batch.labels[row];
      ++counts_[predicted].predicted;
      ++counts_[label].samples;
      if (predicted == label) ++counts_[label].right;
    }
  }

  void Report(MetricReport& report) const override {
    Shares sum;
    int64_t occurring = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      const Shares shares = SharesOf(counts_[i]);
      if (per_class_) Add(shares, absl::StrCat("/", i), report);
      if (counts_[i].predicted + counts_[i].samples == 0) continue;
      ++occurring;
      sum.precision += shares.precision;
      sum.recall += shares.recall;
      sum.f1 += shares.f1;
    }
    Add({Mean(sum.precision, occurring), Mean(sum.recall, occurring), Mean(sum.f1, occurring)},
        "/macro", report);
  }

 private:
  struct Counts {
    int64_t predicted = 0;
    int64_t samples = 0;
    int64_t right = 0;
  };
  struct Shares {
    double precision = 0;
    double recall = 0;
    double f1 = 0;
  };

  static double Share(int64_t part, int64_t whole) {
    return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
  static Shares SharesOf(const Counts& counts) {
    return {Share(counts.right, counts.predicted), Share(counts.right, counts.samples),
            Share(2 * counts.right, counts.predicted + counts.samples)};
  }
  static void Add(const Shares& shares, const std::string& detail, MetricReport& report) {
    report.scalars.push_back({absl::StrCat("precision", detail), shares.precision});
    report.scalars.push_back({absl::StrCat("recall", detail), shares.recall});
    report.scalars.push_back({absl::StrCat("f1", detail), shares.f1});
  }

  const bool per_class_;
  std::vector<Counts> counts_;
};

}  // namespace

CatalogEntry<Metric> PrecisionRecallF1Entry() {
  return {Schema(kType,
                 "Precision, recall and F1, of each class (precision/3) and their means "
                 "(precision/macro).")
              .Add(Boolean("per_class", "Also reports each class.").Default(true))
              .Example("{type: precision_recall_f1, per_class: false}"),
          [](const Params& params, Violations&) {
            return std::make_unique<PrecisionRecallF1>(params.Bool("per_class"));
          }};
}

}  // namespace trainyard::metrics
