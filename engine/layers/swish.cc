// Swish, also SiLU (Ramachandran et al. 2017).
#include "engine/layers/activation.h"

namespace trainyard::layers {

CatalogEntry<Layer> SwishEntry() {
  return {Schema("swish", "x / (1 + exp(-beta * x)). Any shape.")
              .Add(Number("beta", "Steepness.").Above(0).AtMost(100).Default(1.0))
              .Example("swish"),
          [](const Params& params, Violations&) {
            return MakeActivation(onednn::Activation::kSwish,
                                  static_cast<float>(params.Num("beta")), ActivationProbe::kNone);
          }};
}

}  // namespace trainyard::layers
