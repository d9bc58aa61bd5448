// Images to vectors, channels first.
#include "engine/layers/flattening.h"

namespace trainyard::layers {
namespace {

class Flatten final : public Layer {
 public:
  absl::StatusOr<Shape> OutputShape(absl::Span<const Shape> inputs) const override {
    return Shape{inputs[0].elements()};
  }
  absl::StatusOr<Value> Emit(PlanBuilder& plan, absl::Span<const Value> inputs) const override {
    return EmitFlatten(plan, inputs[0]);
  }
};

}  // namespace

CatalogEntry<Layer> FlattenEntry() {
  return {
      Schema(
          "flatten",
          "Lays a sample out as one vector in row-major order. Input any shape, output [elements].")
          .Example("flatten"),
      [](const Params&, Violations&) { return std::make_unique<Flatten>(); }};
}

}  // namespace trainyard::layers
