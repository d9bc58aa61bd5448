#include <algorithm>

#include "engine/initializers/initializer.h"

namespace trainyard::initializers {
namespace {

class Zeros final : public Initializer {
 public:
  void Fill(const RandomStream&, const Fans&, absl::Span<float> values) const override {
    std::fill(values.begin(), values.end(), 0.0f);
  }
};

}  // namespace

CatalogEntry<Initializer> ZerosEntry() {
  return {Schema("zeros", "0 everywhere.").Example("zeros"),
          [](const Params&, Violations&) { return std::make_unique<Zeros>(); }};
}

}  // namespace trainyard::initializers
