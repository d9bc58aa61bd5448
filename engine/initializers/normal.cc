#include "engine/initializers/draws.h"
#include "engine/initializers/initializer.h"

namespace trainyard::initializers {
namespace {

class Normal final : public Initializer {
 public:
  Normal(double mean, double stddev) : mean_(mean), stddev_(stddev) {}
  void Fill(const RandomStream& stream, const Fans&, absl::Span<float> values) const override {
    FillNormal(stream, mean_, stddev_, values);
  }

 private:
  const double mean_;
  const double stddev_;
};

}  // namespace

CatalogEntry<Initializer> NormalEntry() {
  return {Schema("normal", "Normally distributed, whatever the size of the layer.")
              .Add(Number("mean", "Mean.").Default(0).AtLeast(-1e20).AtMost(1e20))
              .Add(Number("stddev", "Standard deviation.").Default(0.01).AtLeast(0).AtMost(1e20))
              .Example("{type: normal, stddev: 0.02}"),
          [](const Params& params, Violations&) {
            return std::make_unique<Normal>(params.Num("mean"), params.Num("stddev"));
          }};
}

}  // namespace trainyard::initializers
