// Tieleman and Hinton 2012 (lecture 6.5), as in PyTorch:
//
//   d = g + weight_decay * w;  v = alpha * v + (1 - alpha) * d^2;  s = d / (sqrt(v) + epsilon)
//   without momentum: w -= learning_rate * s;  with: m = momentum * m + s;  w -= learning_rate * m
#include <cmath>

#include "engine/optimizers/optimizer.h"
#include "engine/optimizers/settings.h"

namespace trainyard::optimizers {
namespace {

class Rmsprop final : public Optimizer {
 public:
  explicit Rmsprop(const Params& params)
      : settings_(params),
        alpha_(params.Num("alpha")),
        epsilon_(static_cast<float>(params.Num("epsilon"))),
        momentum_(params.Num("momentum")) {}

  double learning_rate() const override { return settings_.learning_rate; }
  std::vector<std::string> slots() const override {
    if (momentum_ > 0) return {"second_moment", "momentum"};
    return {"second_moment"};
  }

  void Update(const UpdateRange& range, const StepScalars& scalars) const override {
    const float rate = static_cast<float>(scalars.learning_rate);
    if (momentum_ > 0) {
      UpdateWithMomentum(range, rate, static_cast<float>(CurrentMomentum(momentum_, scalars)));
    } else {
      UpdatePlain(range, rate);
    }
  }

 private:
  void UpdatePlain(const UpdateRange& range, float rate) const {
    const float decay = settings_.WeightDecay(range);
    const float keep = static_cast<float>(alpha_);
    const float take = static_cast<float>(1.0 - alpha_);
    const float epsilon = epsilon_;
    float* __restrict weights = range.weights;
    const float* __restrict gradients = range.gradients;
    float* __restrict squares = range.slots[0];
    for (int64_t i = 0; i < range.count; ++i) {
      const float direction = gradients[i] + decay * weights[i];
      const float square = keep * squares[i] + take * (direction * direction);
      squares[i] = square;
      weights[i] -= rate * (direction / (std::sqrt(square) + epsilon));
    }
  }

  void UpdateWithMomentum(const UpdateRange& range, float rate, float momentum) const {
    const float decay = settings_.WeightDecay(range);
    const float keep = static_cast<float>(alpha_);
    const float take = static_cast<float>(1.0 - alpha_);
    const float epsilon = epsilon_;
    float* __restrict weights = range.weights;
    const float* __restrict gradients = range.gradients;
    float* __restrict squares = range.slots[0];
    float* __restrict moments = range.slots[1];
    for (int64_t i = 0; i < range.count; ++i) {
      const float direction = gradients[i] + decay * weights[i];
      const float square = keep * squares[i] + take * (direction * direction);
      const float moment = momentum * moments[i] + direction / (std::sqrt(square) + epsilon);
      squares[i] = square;
      moments[i] = moment;
      weights[i] -= rate * moment;
    }
  }

  const Settings settings_;
  const double alpha_;
  const float epsilon_;
  const double momentum_;
};

}  // namespace

CatalogEntry<Optimizer> RmspropEntry() {
  return {
      WithWeightDecay(
          Schema("rmsprop", "Gradients divided by the root of their mean square.")
              .Add(LearningRateParam(0.01))
              .Add(Number("alpha", "Share of the mean squared gradient that is kept each step.")
                       .Default(0.99)
                       .AtLeast(0)
                       .Below(1))
              .Add(Number("momentum",
                          "Share of the last direction that is kept; at 0 a schedule's is ignored.")
                       .Default(0)
                       .AtLeast(0)
                       .Below(1))
              .Add(Number("epsilon", "Added to the root.").Default(1e-8).AtLeast(1e-30).AtMost(1)),
          0, "Share of the weights that is added to their gradients (L2).")
          .Example("{type: rmsprop, learning_rate: 0.001}"),
      [](const Params& params, Violations&) { return std::make_unique<Rmsprop>(params); }};
}

}  // namespace trainyard::optimizers
