// The step that adam and adamw share; they differ in where weight decay enters.
#pragma once

#include <string>

#include "engine/base/params.h"
#include "engine/optimizers/optimizer.h"

namespace trainyard::optimizers {

// beta1, beta2 and epsilon.
Schema WithAdamParams(Schema schema);

struct AdamSettings {
  explicit AdamSettings(const Params& params);

  double beta1;
  double beta2;
  double epsilon;
};

// With L2 decay in the gradient and shrinkage of the weights before the step (0 and 1: neither):
//
//   w *= keep;  d = g + decay * w;  m += (1 - beta1) * (d - m);  v = beta2 * v + (1 - beta2) * d^2
//   w -= learning_rate / (1 - beta1^step) * m / (sqrt(v / (1 - beta2^step)) + epsilon)
//
// Slots: m, v. A schedule's momentum takes the place of beta1.
void AdamUpdate(const AdamSettings& settings, const UpdateRange& range, const StepScalars& scalars,
                float decay, float keep);

}  // namespace trainyard::optimizers
