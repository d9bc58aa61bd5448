// Element-wise activations on oneDNN's eltwise primitive; one file each names its function and
// parameters.
#pragma once

#include "engine/graph/plan_builder.h"

namespace trainyard::layers {

// What gradient health counts on the layer's output.
enum class ActivationProbe {
  kNone,
  kSaturatedSigmoid,  // share of outputs below 0.05 or above 0.95
  kSaturatedTanh,     // share of outputs beyond +-0.95
  kDead,              // share of units (channels, features) that are zero for a whole batch
};

std::unique_ptr<Layer> MakeActivation(onednn::Activation kind, float alpha, ActivationProbe probe);

}  // namespace trainyard::layers
