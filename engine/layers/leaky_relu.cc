// Leaky rectified linear unit (Maas et al. 2013).
#include "engine/layers/activation.h"

namespace trainyard::layers {

CatalogEntry<Layer> LeakyReluEntry() {
  return {Schema("leaky_relu", "x where x > 0, negative_slope * x elsewhere. Any shape.")
              .Add(Number("negative_slope", "Slope below zero.").AtLeast(0).Below(1).Default(0.01))
              .Example("{type: leaky_relu, negative_slope: 0.01}"),
          [](const Params& params, Violations&) {
            return MakeActivation(onednn::Activation::kRelu,
                                  static_cast<float>(params.Num("negative_slope")),
                                  ActivationProbe::kNone);
          }};
}

}  // namespace trainyard::layers
