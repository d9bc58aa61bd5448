// Rectified linear unit (Nair & Hinton 2010).
#include "engine/layers/activation.h"

namespace trainyard::layers {

CatalogEntry<Layer> ReluEntry() {
  return {Schema("relu", "max(x, 0). Any shape.").Example("relu"),
          [](const Params& params, Violations&) {
            return MakeActivation(onednn::Activation::kRelu, 0.0f, ActivationProbe::kDead);
          }};
}

}  // namespace trainyard::layers
