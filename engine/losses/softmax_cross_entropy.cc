// -log softmax(outputs)[label]: PyTorch's CrossEntropyLoss, with its label smoothing: the target of
// class k is (1 - smoothing) * [k = label] + smoothing / classes (Szegedy et al. 2015).
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/exp.h"
#include "engine/losses/check.h"
#include "engine/losses/loss.h"

namespace trainyard::losses {
namespace {

constexpr char kType[] = "softmax_cross_entropy";
// Partial results that a compiler keeps in one vector; fixed, so that the order of sums is.
constexpr int64_t kLanes = 8;

float Largest(const float* values, int64_t count) {
  float lanes[kLanes];
  std::fill(lanes, lanes + kLanes, values[0]);
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = values[i + lane] > lanes[lane] ? values[i + lane] : lanes[lane];
    }
  }
  for (; i < count; ++i) lanes[0] = std::max(lanes[0], values[i]);
  return *std::max_element(lanes, lanes + kLanes);
}

// Writes e^(values - shift) and gives their sum.
float ShiftedExp(const float* values, int64_t count, float shift, float* exps) {
  for (int64_t i = 0; i < count; ++i) exps[i] = Exp(values[i] - shift);
  float lanes[kLanes] = {};
  int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += exps[i + lane];
  }
  float sum = 0;
  for (; i < count; ++i) sum += exps[i];
  for (float lane : lanes) sum += lane;
  return sum;
}

double SumOfDifferences(const float* values, int64_t count, float shift) {
  double sum = 0;
  for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(values[i]) - shift;
  return sum;
}

class SoftmaxCrossEntropy final : public Loss {
 public:
  explicit SoftmaxCrossEntropy(double smoothing) : smoothing_(smoothing) {}

  absl::Status Check(const DataInfo& data) const override { return NeedsClasses(kType, data); }

  double Compute(const LossRows& rows, float scale, float* gradient) const override {
    const int64_t width = rows.width;
    const double spread = smoothing_ / static_cast<double>(width);
    std::vector<float> scratch(gradient == nullptr ? static_cast<size_t>(width) : 0);
    double total = 0;
    for (int64_t row = 0; row < rows.count; ++row) {
      const float* outputs = rows.outputs + row * width;
      const int32_t label = rows.labels[row];
      float* exps = gradient == nullptr ? scratch.data() : gradient + row * width;
      const float shift = Largest(outputs, width);
      const float sum = ShiftedExp(outputs, width, shift, exps);
      // With z = outputs - shift: log sum e^z - (1 - smoothing) * z[label] - spread * sum z.
      total += std::log(static_cast<double>(sum)) -
               (1.0 - smoothing_) * (static_cast<double>(outputs[label]) - shift);
      if (smoothing_ > 0) total -= spread * SumOfDifferences(outputs, width, shift);
      if (gradient == nullptr) continue;
      const float normalizer = scale / sum;
      const float offset = static_cast<float>(spread * scale);
      for (int64_t i = 0; i < width; ++i) exps[i] = exps[i] * normalizer - offset;
      exps[label] -= static_cast<float>((1.0 - smoothing_) * scale);
    }
    return total;
  }

 private:
  const double smoothing_;
};

}  // namespace

CatalogEntry<Loss> SoftmaxCrossEntropyEntry() {
  return {
      Schema(kType, "Negative log-likelihood of the right class under the softmax of the outputs.")
          .Add(Number("label_smoothing",
                      "Share of the target that is spread evenly over all classes.")
                   .Default(0)
                   .AtLeast(0)
                   .Below(1))
          .Example("{type: softmax_cross_entropy, label_smoothing: 0.1}"),
      [](const Params& params, Violations&) {
        return std::make_unique<SoftmaxCrossEntropy>(params.Num("label_smoothing"));
      }};
}

}  // namespace trainyard::losses
