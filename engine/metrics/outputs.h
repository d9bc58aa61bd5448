// What the outputs of a model mean, the same way in every metric. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/data/dataset.h"
#include "engine/metrics/metric.h"

namespace trainyard::metrics {

// INVALID_ARGUMENT for a regression.
absl::Status NeedsClasses(const std::string& metric, const DataInfo& data);
// INVALID_ARGUMENT for a classification.
absl::Status NeedsTargets(const std::string& metric, const DataInfo& data);

// The order of outputs: a NaN is above every number, so that a broken row never looks right by
// accident.
bool IsAbove(float a, float b);
// The class of the largest of [width] logits, the first of equals; of one logit: 1 where it is
// positive.
int32_t PredictedClass(const float* outputs, int64_t width);

// log softmax [classes] of [width] logits; of one logit: the log-probabilities of class 0 and
// class 1.
void LogProbabilities(const float* outputs, int64_t width, std::vector<double>& log_probabilities);

// sum / count; NaN where count is 0.
double Mean(double sum, int64_t count);

// The mean negative log-probability (nats) of the right class; NaN before the first row.
class MeanLogLoss {
 public:
  void Reset();
  void Update(const MetricBatch& batch);
  double Value() const { return Mean(sum_, count_); }

 private:
  int64_t count_ = 0;
  double sum_ = 0;
  std::vector<double> log_probabilities_;
};

}  // namespace trainyard::metrics
