// The loss of support vector machines: nothing to pay once the right class is ahead by the margin.
//
//   crammer_singer (2001): max(0, margin + max over wrong classes of their output - the right
//   class's output) one_vs_rest: mean over classes of max(0, margin - sign * output), sign +1 for
//   the right class, else -1
//
// Squared on demand (the loss of liblinear's default). Where a term is at its kink the gradient is
// 0.
#include <cmath>
#include <string>

#include "engine/losses/check.h"
#include "engine/losses/loss.h"

namespace trainyard::losses {
namespace {

constexpr char kType[] = "hinge";

class Hinge final : public Loss {
 public:
  Hinge(bool one_vs_rest, bool squared, float margin)
      : one_vs_rest_(one_vs_rest), squared_(squared), margin_(margin) {}

  absl::Status Check(const DataInfo& data) const override { return NeedsClasses(kType, data); }

  // A single output of two classes: positive for class 1. Both kinds are then the binary hinge.
  bool Accepts(const DataInfo& data, int64_t width) const override {
    return width == data.classes || (width == 1 && data.classes == 2);
  }

  double Compute(const LossRows& rows, float scale, float* gradient) const override {
    double total = 0;
    for (int64_t row = 0; row < rows.count; ++row) {
      const float* outputs = rows.outputs + row * rows.width;
      float* row_gradient = gradient == nullptr ? nullptr : gradient + row * rows.width;
      total += one_vs_rest_ || rows.width == 1
                   ? OneVsRest(outputs, rows.width, rows.labels[row], scale, row_gradient)
                   : CrammerSinger(outputs, rows.width, rows.labels[row], scale, row_gradient);
    }
    return total;
  }

 private:
  // The loss where the margin is missed by `shortfall`. A shortfall that is NaN stays so.
  double Value(double shortfall) const {
    if (shortfall <= 0) return 0;
    return squared_ ? shortfall * shortfall : shortfall;
  }
  float Slope(float shortfall) const {
    if (shortfall <= 0) return 0;
    return squared_ ? 2.0f * shortfall : 1.0f;
  }

  double OneVsRest(const float* outputs, int64_t width, int32_t label, float scale,
                   float* gradient) const {
    const int64_t right = width == 1 ? label - 1 : label;
    double total = 0;
    for (int64_t i = 0; i < width; ++i) {
      const float sign = i == right ? 1.0f : -1.0f;
      const float shortfall = margin_ - sign * outputs[i];
      total += Value(shortfall);
      if (gradient != nullptr)
        gradient[i] = -sign * Slope(shortfall) * scale / static_cast<float>(width);
    }
    return total / static_cast<double>(width);
  }

  double CrammerSinger(const float* outputs, int64_t width, int32_t label, float scale,
                       float* gradient) const {
    int64_t rival = label == 0 ? 1 : 0;
    for (int64_t i = 0; i < width; ++i) {
      // A NaN wins, so that it shows in the loss.
      if (i != label && (outputs[i] > outputs[rival] || std::isnan(outputs[i]))) rival = i;
    }
    const float shortfall = margin_ + outputs[rival] - outputs[label];
    if (gradient != nullptr) {
      for (int64_t i = 0; i < width; ++i) gradient[i] = 0;
      const float slope = Slope(shortfall) * scale;
      gradient[rival] = slope;
      gradient[label] = -slope;
    }
    return Value(shortfall);
  }

  const bool one_vs_rest_;
  const bool squared_;
  const float margin_;
};

}  // namespace

CatalogEntry<Loss> HingeEntry() {
  return {
      Schema(kType,
             "The loss of support vector machines: 0 once the right class is ahead by the margin.")
          .Add(String("multiclass",
                      "crammer_singer compares the right class with its strongest rival, "
                      "one_vs_rest asks one "
                      "yes-no question a class.")
                   .Default("crammer_singer")
                   .OneOf({"crammer_singer", "one_vs_rest"}))
          .Add(Boolean("squared", "Squares the shortfall.").Default(false))
          .Add(Number("margin", "How far ahead the right class must be.")
                   .Default(1.0)
                   .Above(0)
                   .AtMost(1e6))
          .Example("{type: hinge, squared: true}"),
      [](const Params& params, Violations&) {
        return std::make_unique<Hinge>(params.Str("multiclass") == "one_vs_rest",
                                       params.Bool("squared"),
                                       static_cast<float>(params.Num("margin")));
      }};
}

}  // namespace trainyard::losses
