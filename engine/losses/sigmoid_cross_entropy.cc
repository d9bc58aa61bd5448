// One yes-no question a class ("is it this one?"): the mean over classes of the binary
// cross-entropy of the sigmoid of the output against the one-hot label. Of two classes a model may
// have one output, the logit of class 1. Either is PyTorch's BCEWithLogitsLoss.
#include <cmath>

#include "engine/base/exp.h"
#include "engine/losses/check.h"
#include "engine/losses/loss.h"

namespace trainyard::losses {
namespace {

constexpr char kType[] = "sigmoid_cross_entropy";

// Sum over the row of max(x, 0) + log(1 + e^-|x|); writes sigmoid(x) where `sigmoids` is not null.
double SumOfSoftplus(const float* outputs, int64_t width, float* sigmoids) {
  // Every factor 1 + e^-|x| is in [1, 2]: products of so many stay finite, and one logarithm does
  // for them.
  constexpr int64_t kFactors = 512;
  double sum = 0;
  for (int64_t start = 0; start < width; start += kFactors) {
    const int64_t end = start + kFactors < width ? start + kFactors : width;
    double product = 1;
    for (int64_t i = start; i < end; ++i) {
      const float x = outputs[i];
      const float e = Exp(-std::abs(x));
      sum += x > 0 ? x : 0.0f;
      product *= 1.0 + static_cast<double>(e);
      if (sigmoids != nullptr) sigmoids[i] = (x >= 0 ? 1.0f : e) / (1.0f + e);
    }
    sum += std::log(product);
  }
  return sum;
}

class SigmoidCrossEntropy final : public Loss {
 public:
  absl::Status Check(const DataInfo& data) const override { return NeedsClasses(kType, data); }

  bool Accepts(const DataInfo& data, int64_t width) const override {
    return width == data.classes || (width == 1 && data.classes == 2);
  }

  double Compute(const LossRows& rows, float scale, float* gradient) const override {
    const int64_t width = rows.width;
    const float row_scale = scale / static_cast<float>(width);
    double total = 0;
    for (int64_t row = 0; row < rows.count; ++row) {
      const float* outputs = rows.outputs + row * width;
      float* sigmoids = gradient == nullptr ? nullptr : gradient + row * width;
      // The output whose answer is yes; none for class 0 of a single output.
      const int64_t yes = width == 1 ? rows.labels[row] - 1 : rows.labels[row];
      total += SumOfSoftplus(outputs, width, sigmoids);
      if (yes >= 0) total -= outputs[yes];
      if (gradient == nullptr) continue;
      if (yes >= 0) sigmoids[yes] -= 1.0f;
      for (int64_t i = 0; i < width; ++i) sigmoids[i] *= row_scale;
    }
    return total / static_cast<double>(width);
  }
};

}  // namespace

CatalogEntry<Loss> SigmoidCrossEntropyEntry() {
  return {
      Schema(kType,
             "One yes-no question a class: mean binary cross-entropy of the sigmoids of the "
             "outputs against the "
             "one-hot label. A model for two classes may have one output, the logit of class 1.")
          .Example(kType),
      [](const Params&, Violations&) { return std::make_unique<SigmoidCrossEntropy>(); }};
}

}  // namespace trainyard::losses
