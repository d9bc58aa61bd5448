// The same value everywhere.
#include <algorithm>

#include "engine/initializers/initializer.h"

namespace trainyard::initializers {
namespace {

class Constant final : public Initializer {
 public:
  explicit Constant(float value) : value_(value) {}
  void Fill(const RandomStream&, const Fans&, absl::Span<float> values) const override {
    std::fill(values.begin(), values.end(), value_);
  }

 private:
  const float value_;
};

}  // namespace

CatalogEntry<Initializer> ConstantEntry() {
  return {Schema("constant", "The same value everywhere.")
              .Add(Number("value", "The value.").Required().AtLeast(-1e30).AtMost(1e30))
              .Example("{type: constant, value: 0.1}"),
          [](const Params& params, Violations&) {
            return std::make_unique<Constant>(static_cast<float>(params.Num("value")));
          }};
}

}  // namespace trainyard::initializers
