// He et al. 2015, "Delving deep into rectifiers": variance 2 / ((1 + slope^2) * fan), so that
// activations (fan_in) or gradients (fan_out) keep their size through layers of (leaky) ReLU.
#include "engine/initializers/draws.h"
#include "engine/initializers/initializer.h"

namespace trainyard::initializers {
namespace {

class He final : public Initializer {
 public:
  He(Distribution distribution, bool fan_in, double negative_slope)
      : distribution_(distribution),
        fan_in_(fan_in),
        variance_(2.0 / (1.0 + negative_slope * negative_slope)) {}
  void Fill(const RandomStream& stream, const Fans& fans, absl::Span<float> values) const override {
    FillWithVariance(stream, distribution_,
                     variance_ / static_cast<double>(fan_in_ ? fans.in : fans.out), values);
  }

 private:
  const Distribution distribution_;
  const bool fan_in_;
  const double variance_;
};

}  // namespace

CatalogEntry<Initializer> HeEntry() {
  return {
      Schema("he",
             "He (Kaiming) initialisation, for ReLU: variance 2 / ((1 + negative_slope^2) * fan).")
          .Add(String("distribution", "Shape of the distribution.")
                   .Default("uniform")
                   .OneOf({"uniform", "normal"}))
          .Add(String("mode", "fan_in keeps the size of activations, fan_out that of gradients.")
                   .Default("fan_in")
                   .OneOf({"fan_in", "fan_out"}))
          .Add(Number("negative_slope",
                      "Slope below zero of the activation that follows: 0 for ReLU, 1 for none. "
                      "2.2360679775 "
                      "gives PyTorch's default for linear and convolutional layers.")
                   .Default(0)
                   .AtLeast(0)
                   .AtMost(1e6))
          .Example("{type: he, distribution: normal}"),
      [](const Params& params, Violations&) {
        return std::make_unique<He>(
            params.Str("distribution") == "normal" ? Distribution::kNormal : Distribution::kUniform,
            params.Str("mode") == "fan_in", params.Num("negative_slope"));
      }};
}

}  // namespace trainyard::initializers
