// Exponential linear unit (Clevert et al. 2016).
#include "engine/layers/activation.h"

namespace trainyard::layers {

CatalogEntry<Layer> EluEntry() {
  return {Schema("elu", "x where x > 0, alpha * (exp(x) - 1) elsewhere. Any shape.")
              .Add(Number("alpha", "Value that large negative inputs approach, negated.")
                       .Above(0)
                       .AtMost(100)
                       .Default(1.0))
              .Example("{type: elu, alpha: 1.0}"),
          [](const Params& params, Violations&) {
            return MakeActivation(onednn::Activation::kElu, static_cast<float>(params.Num("alpha")),
                                  ActivationProbe::kNone);
          }};
}

}  // namespace trainyard::layers
