// Gaussian error linear unit (Hendrycks & Gimpel 2016).
#include "engine/layers/activation.h"

namespace trainyard::layers {

CatalogEntry<Layer> GeluEntry() {
  return {Schema("gelu", "x times the normal distribution function of x. Any shape.")
              .Add(String("approximation", "none: by erf; tanh: the tanh formula.")
                       .OneOf({"none", "tanh"})
                       .Default("none"))
              .Example("gelu"),
          [](const Params& params, Violations&) {
            const bool exact = params.Str("approximation") == "none";
            return MakeActivation(
                exact ? onednn::Activation::kGeluErf : onednn::Activation::kGeluTanh, 0.0f,
                ActivationProbe::kNone);
          }};
}

}  // namespace trainyard::layers
