// Hyperbolic tangent.
#include "engine/layers/activation.h"

namespace trainyard::layers {

CatalogEntry<Layer> TanhEntry() {
  return {Schema("tanh", "tanh(x). Any shape.").Example("tanh"),
          [](const Params& params, Violations&) {
            return MakeActivation(onednn::Activation::kTanh, 0.0f, ActivationProbe::kSaturatedTanh);
          }};
}

}  // namespace trainyard::layers
