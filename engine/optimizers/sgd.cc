// Stochastic gradient descent without momentum.
//
//   w -= learning_rate * (g + weight_decay * w)
#include "engine/optimizers/optimizer.h"
#include "engine/optimizers/settings.h"

namespace trainyard::optimizers {
namespace {

class Sgd final : public Optimizer {
 public:
  explicit Sgd(const Settings& settings) : settings_(settings) {}

  double learning_rate() const override { return settings_.learning_rate; }
  std::vector<std::string> slots() const override { return {}; }

  void Update(const UpdateRange& range, const StepScalars& scalars) const override {
    const float rate = static_cast<float>(scalars.learning_rate);
    const float decay = settings_.WeightDecay(range);
    float* __restrict weights = range.weights;
    const float* __restrict gradients = range.gradients;
    for (int64_t i = 0; i < range.count; ++i) {
      weights[i] -= rate * (gradients[i] + decay * weights[i]);
    }
  }

 private:
  const Settings settings_;
};

}  // namespace

CatalogEntry<Optimizer> SgdEntry() {
  return {
      WithWeightDecay(
          Schema("sgd",
                 "Stochastic gradient descent without momentum; ignores a schedule's momentum.")
              .Add(LearningRateParam(0.01)),
          0, "Share of the weights that is added to their gradients (L2).")
          .Example("{type: sgd, learning_rate: 0.1}"),
      [](const Params& params, Violations&) { return std::make_unique<Sgd>(Settings(params)); }};
}

}  // namespace trainyard::optimizers
