// What a model is judged by, accumulated over the batches of a part.
//
//   metric->Reset(info);  metric->Update(batch) ...;  metric->Report(report);
//
// Used by one thread. A report over no samples is NaN.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/catalog.h"
#include "engine/data/dataset.h"

namespace trainyard {

struct MetricBatch {
  // Rows: samples, or their positions one after another.
  int64_t count = 0;
  // Outputs a row: classes, or targets; 1 for two classes told apart by the logit of class 1.
  int64_t width = 0;
  // The model's output: logits [count, width], or values [count, targets].
  const float* outputs = nullptr;
  const int32_t* labels = nullptr;  // [count], classification: in [0, classes)
  const float* targets = nullptr;   // [count, targets], regression
  // Of the loss that training minimises, summed over these rows: Loss::Compute. NaN where unknown.
  double loss_sum = std::numeric_limits<double>::quiet_NaN();
};

struct MetricReport {
  struct Scalar {
    std::string name;  // "accuracy", "precision/3"
    double value;
  };
  struct Matrix {
    std::string name;  // "confusion"
    int64_t rows;
    int64_t columns;
    std::vector<double> values;  // row-major
  };
  std::vector<Scalar> scalars;
  std::vector<Matrix> matrices;
};

class Metric {
 public:
  virtual ~Metric() = default;
  // What its series are called: two metrics of one name would report the same series.
  virtual std::string name() const = 0;
  // INVALID_ARGUMENT where the metric does not fit the task.
  virtual absl::Status Check(const DataInfo& data) const = 0;
  // Memory that so many rows take until Reset, for data that passed Check.
  virtual int64_t MemoryBytes(const DataInfo& data, int64_t rows) const { return 0; }
  virtual void Reset(const DataInfo& data) = 0;
  virtual void Update(const MetricBatch& batch) = 0;
  virtual void Report(MetricReport& report) const = 0;
};

namespace metrics {
Catalog<Metric> MakeCatalog();
}

}  // namespace trainyard
