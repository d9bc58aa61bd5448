// Nesterov's accelerated gradient in the form of Sutskever et al. 2013, as in PyTorch:
//
//   d = g + weight_decay * w;  m = momentum * m + d;  w -= learning_rate * (d + momentum * m)
#include "engine/optimizers/optimizer.h"
#include "engine/optimizers/settings.h"

namespace trainyard::optimizers {
namespace {

class Nesterov final : public Optimizer {
 public:
  Nesterov(const Settings& settings, double momentum) : settings_(settings), momentum_(momentum) {}

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
      const float direction = gradients[i] + decay * weights[i];
      const float moment = momentum * moments[i] + direction;
      moments[i] = moment;
      weights[i] -= rate * (direction + momentum * moment);
    }
  }

 private:
  const Settings settings_;
  const double momentum_;
};

}  // namespace

CatalogEntry<Optimizer> NesterovEntry() {
  return {
      WithWeightDecay(Schema("nesterov", "Stochastic gradient descent with Nesterov's momentum.")
                          .Add(LearningRateParam(0.01))
                          .Add(Number("momentum", "Share of the last direction that is kept.")
                                   .Default(0.9)
                                   .AtLeast(0)
                                   .Below(1)),
                      0, "Share of the weights that is added to their gradients (L2).")
          .Example("{type: nesterov, learning_rate: 0.05}"),
      [](const Params& params, Violations&) {
        return std::make_unique<Nesterov>(Settings(params), params.Num("momentum"));
      }};
}

}  // namespace trainyard::optimizers
