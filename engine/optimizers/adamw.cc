// Loshchilov and Hutter 2017, "Decoupled weight decay regularization", as in PyTorch: weights
// shrink by learning_rate * weight_decay of themselves before Adam's step, whatever their
// gradients.
#include "engine/optimizers/adam_update.h"
#include "engine/optimizers/optimizer.h"
#include "engine/optimizers/settings.h"

namespace trainyard::optimizers {
namespace {

class Adamw final : public Optimizer {
 public:
  explicit Adamw(const Params& params) : settings_(params), adam_(params) {}

  double learning_rate() const override { return settings_.learning_rate; }
  std::vector<std::string> slots() const override { return {"first_moment", "second_moment"}; }

  void Update(const UpdateRange& range, const StepScalars& scalars) const override {
    const double shrinkage =
        scalars.learning_rate * static_cast<double>(settings_.WeightDecay(range));
    AdamUpdate(adam_, range, scalars, 0.0f, static_cast<float>(1.0 - shrinkage));
  }

 private:
  const Settings settings_;
  const AdamSettings adam_;
};

}  // namespace

CatalogEntry<Optimizer> AdamwEntry() {
  return {WithWeightDecay(
              WithAdamParams(Schema("adamw", "Adam with weight decay apart from the gradient.")
                                 .Add(LearningRateParam(0.001))),
              0.01, "Weights shrink by learning_rate * weight_decay of themselves each step.")
              .Example("{type: adamw, learning_rate: 0.001, weight_decay: 0.05}"),
          [](const Params& params, Violations&) { return std::make_unique<Adamw>(params); }};
}

}  // namespace trainyard::optimizers
