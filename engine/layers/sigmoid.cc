// Logistic function.
#include "engine/layers/activation.h"

namespace trainyard::layers {

CatalogEntry<Layer> SigmoidEntry() {
  return {Schema("sigmoid", "1 / (1 + exp(-x)). Any shape.").Example("sigmoid"),
          [](const Params& params, Violations&) {
            return MakeActivation(onednn::Activation::kLogistic, 0.0f,
                                  ActivationProbe::kSaturatedSigmoid);
          }};
}

}  // namespace trainyard::layers
