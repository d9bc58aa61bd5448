#include <algorithm>

#include "engine/initializers/initializer.h"

namespace trainyard::initializers {
namespace {

class Ones final : public Initializer {
 public:
  void Fill(const RandomStream&, const Fans&, absl::Span<float> values) const override {
    std::fill(values.begin(), values.end(), 1.0f);
  }
};

}  // namespace

CatalogEntry<Initializer> OnesEntry() {
  return {Schema("ones", "1 everywhere.").Example("ones"),
          [](const Params&, Violations&) { return std::make_unique<Ones>(); }};
}

}  // namespace trainyard::initializers
