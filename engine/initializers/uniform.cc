#include "engine/initializers/draws.h"
#include "engine/initializers/initializer.h"

namespace trainyard::initializers {
namespace {

constexpr double kLargestBound = 1e30;

class Uniform final : public Initializer {
 public:
  Uniform(double low, double high) : low_(low), high_(high) {}
  void Fill(const RandomStream& stream, const Fans&, absl::Span<float> values) const override {
    FillUniform(stream, low_, high_, values);
  }

 private:
  const double low_;
  const double high_;
};

}  // namespace

CatalogEntry<Initializer> UniformEntry() {
  return {
      Schema("uniform", "Evenly distributed between two bounds, whatever the size of the layer.")
          .Add(Number("low", "Lower bound.")
                   .Default(-0.05)
                   .AtLeast(-kLargestBound)
                   .AtMost(kLargestBound))
          .Add(Number("high", "Upper bound.")
                   .Default(0.05)
                   .AtLeast(-kLargestBound)
                   .AtMost(kLargestBound))
          .Example("{type: uniform, low: -0.1, high: 0.1}"),
      [](const Params& params, Violations& violations) -> std::unique_ptr<Initializer> {
        if (params.Num("low") > params.Num("high")) {
          violations.Add(params.PathOf("low"), "must not be above high");
          return nullptr;
        }
        return std::make_unique<Uniform>(params.Num("low"), params.Num("high"));
      }};
}

}  // namespace trainyard::initializers
