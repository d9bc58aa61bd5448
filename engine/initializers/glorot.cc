// Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural
// networks": variance gain^2 * 2 / (fan_in + fan_out), so that neither activations nor gradients
// grow or fade through layers of a symmetric activation.
#include "engine/initializers/draws.h"
#include "engine/initializers/initializer.h"

namespace trainyard::initializers {
namespace {

class Glorot final : public Initializer {
 public:
  Glorot(Distribution distribution, double gain) : distribution_(distribution), gain_(gain) {}
  void Fill(const RandomStream& stream, const Fans& fans, absl::Span<float> values) const override {
    const double variance =
        gain_ * gain_ * 2.0 / (static_cast<double>(fans.in) + static_cast<double>(fans.out));
    FillWithVariance(stream, distribution_, variance, values);
  }

 private:
  const Distribution distribution_;
  const double gain_;
};

}  // namespace

CatalogEntry<Initializer> GlorotEntry() {
  return {Schema("glorot",
                 "Glorot (Xavier) initialisation, for sigmoid and tanh: variance gain^2 * 2 / "
                 "(fan_in + fan_out).")
              .Add(String("distribution", "Shape of the distribution.")
                       .Default("uniform")
                       .OneOf({"uniform", "normal"}))
              .Add(Number("gain", "Factor of the standard deviation; 5/3 suits tanh.")
                       .Default(1.0)
                       .Above(0)
                       .AtMost(1e6))
              .Example("{type: glorot, distribution: uniform}"),
          [](const Params& params, Violations&) {
            return std::make_unique<Glorot>(params.Str("distribution") == "normal"
                                                ? Distribution::kNormal
                                                : Distribution::kUniform,
                                            params.Num("gain"));
          }};
}

}  // namespace trainyard::initializers
