// Stochastic gradient descent with Polyak's momentum, as in PyTorch (no dampening):
//
//   d = g + weight_decay * w;  m = momentum * m + d;  w -= learning_rate * m
#include "engine/optimizers/optimizer.h"
#include "engine/optimizers/settings.h"

namespace trainyard::optimizers {
namespace {

class Momentum final : public Optimizer {
 public:
  Momentum(const Settings& settings, double momentum) : settings_(settings), momentum_(momentum) {}

  double learning_rate() const override { return settings_.learning_rate; }
  std::vector<std::string> slots() const override { return {"momentum"}; }

  void Update(const UpdateRange& range, const StepScalars& scalars) const override {
    const float rate = static_cast<float>(scalars.learning_rate);
    const float momentum = static_cast<float>(CurrentMomentum(momentum_, scalars));
    const float decay = settings_.WeightDecay(range);
    float* __restrict weights = range.weights;
    const float* __restrict gradients = range.gradients;
    float* __restrict moments = range.slots[0];
    for (int64_t i = 0; i < range.count; ++i) {
      const float moment = momentum * moments[i] + (gradients[i] + decay * weights[i]);
      moments[i] = moment;
      weights[i] -= rate * moment;
    }
  }

 private:
  const Settings settings_;
  const double momentum_;
};

}  // namespace

CatalogEntry<Optimizer> MomentumEntry() {
  return {WithWeightDecay(Schema("momentum", "Stochastic gradient descent with momentum.")
                              .Add(LearningRateParam(0.01))
                              .Add(Number("momentum", "Share of the last direction that is kept.")
                                       .Default(0.9)
                                       .AtLeast(0)
                                       .Below(1)),
                          0, "Share of the weights that is added to their gradients (L2).")
              .Example("{type: momentum, learning_rate: 0.05, weight_decay: 0.0005}"),
          [](const Params& params, Violations&) {
            return std::make_unique<Momentum>(Settings(params), params.Num("momentum"));
          }};
}

}  // namespace trainyard::optimizers
