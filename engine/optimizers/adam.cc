// Kingma and Ba 2014, "Adam: a method for stochastic optimization", as in PyTorch: weight decay is
// L2, added to the gradient.
#include "engine/optimizers/adam_update.h"
#include "engine/optimizers/optimizer.h"
#include "engine/optimizers/settings.h"

namespace trainyard::optimizers {
namespace {

class Adam final : public Optimizer {
 public:
  explicit Adam(const Params& params) : settings_(params), adam_(params) {}

  double learning_rate() const override { return settings_.learning_rate; }
  std::vector<std::string> slots() const override { return {"first_moment", "second_moment"}; }

  void Update(const UpdateRange& range, const StepScalars& scalars) const override {
    AdamUpdate(adam_, range, scalars, settings_.WeightDecay(range), 1.0f);
  }

 private:
  const Settings settings_;
  const AdamSettings adam_;
};

}  // namespace

CatalogEntry<Optimizer> AdamEntry() {
  return {
      WithWeightDecay(WithAdamParams(Schema("adam", "Adam: steps of even length in every weight.")
                                         .Add(LearningRateParam(0.001))),
                      0,
                      "Share of the weights that is added to their gradients (L2); adamw decays "
                      "apart from them.")
          .Example("{type: adam, learning_rate: 0.001}"),
      [](const Params& params, Violations&) { return std::make_unique<Adam>(params); }};
}

}  // namespace trainyard::optimizers
