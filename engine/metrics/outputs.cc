#include "engine/metrics/outputs.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace trainyard::metrics {

absl::Status NeedsClasses(const std::string& metric, const DataInfo& data) {
  if (data.task == Task::kClassification) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(metric, " needs classes, the data has numeric targets; use mse, mae or r2"));
}

absl::Status NeedsTargets(const std::string& metric, const DataInfo& data) {
  if (data.task == Task::kRegression) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      metric, " needs numeric targets, the data has classes; use accuracy, log_loss or auc"));
}

bool IsAbove(float a, float b) { return a > b || (std::isnan(a) && !std::isnan(b)); }

int32_t PredictedClass(const float* outputs, int64_t width) {
  if (width == 1) return IsAbove(outputs[0], 0.0f) ? 1 : 0;
  int32_t best = 0;
  for (int32_t i = 1; i < width; ++i) {
    if (IsAbove(outputs[i], outputs[best])) best = i;
  }
  return best;
}

void LogProbabilities(const float* outputs, int64_t width, std::vector<double>& log_probabilities) {
  if (width == 1) {
    // Of the logits 0 and x.
    const float logits[] = {0.0f, outputs[0]};
    LogProbabilities(logits, 2, log_probabilities);
    return;
  }
  double largest = outputs[0];
  for (int64_t i = 1; i < width; ++i) {
    if (outputs[i] > largest) largest = outputs[i];
  }
  double sum = 0;
  for (int64_t i = 0; i < width; ++i) sum += std::exp(outputs[i] - largest);
  const double log_sum = std::log(sum);
  log_probabilities.resize(static_cast<size_t>(width));
  for (int64_t i = 0; i < width; ++i) log_probabilities[i] = outputs[i] - largest - log_sum;
}

double Mean(double sum, int64_t count) {
  return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / static_cast<double>(count);
}

void MeanLogLoss::Reset() {
  count_ = 0;
  sum_ = 0;
}

void MeanLogLoss::Update(const MetricBatch& batch) {
  for (int64_t row = 0; row < batch.count; ++row) {
    LogProbabilities(batch.outputs + row * batch.width, batch.width, log_probabilities_);
    sum_ -= log_probabilities_[batch.labels[row]];
  }
  count_ += batch.count;
}

}  // namespace trainyard::metrics
