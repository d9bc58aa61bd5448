#include "engine/optimizers/adam_update.h"

#include <cmath>
#include <utility>

#include "engine/optimizers/settings.h"

namespace trainyard::optimizers {

Schema WithAdamParams(Schema schema) {
  return std::move(schema)
      .Add(Number("beta1", "Share of the mean gradient that is kept each step.")
               .Default(0.9)
               .AtLeast(0)
               .Below(1))
      .Add(Number("beta2", "Share of the mean squared gradient that is kept each step.")
               .Default(0.999)
               .AtLeast(0)
               .Below(1))
      .Add(Number("epsilon", "Added to the root of the mean squared gradient.")
               .Default(1e-8)
               .AtLeast(1e-30)
               .AtMost(1));
}

AdamSettings::AdamSettings(const Params& params)
    : beta1(params.Num("beta1")), beta2(params.Num("beta2")), epsilon(params.Num("epsilon")) {}

void AdamUpdate(const AdamSettings& settings, const UpdateRange& range, const StepScalars& scalars,
                float decay, float keep) {
  const double beta1 = CurrentMomentum(settings.beta1, scalars);
  const double step = static_cast<double>(scalars.step);
  const double correction1 = 1.0 - std::pow(beta1, step);
  const double correction2 = 1.0 - std::pow(settings.beta2, step);

  const float rate = static_cast<float>(scalars.learning_rate / correction1);
  const float root = static_cast<float>(1.0 / std::sqrt(correction2));
  const float take1 = static_cast<float>(1.0 - beta1);
  const float keep2 = static_cast<float>(settings.beta2);
  const float take2 = static_cast<float>(1.0 - settings.beta2);
  const float epsilon = static_cast<float>(settings.epsilon);
  float* __restrict weights = range.weights;
  const float* __restrict gradients = range.gradients;
  float* __restrict first = range.slots[0];
  float* __restrict second = range.slots[1];
  for (int64_t i = 0; i < range.count; ++i) {
    const float weight = weights[i] * keep;
    const float direction = gradients[i] + decay * weight;
    const float mean = first[i] + take1 * (direction - first[i]);
    const float square = keep2 * second[i] + take2 * (direction * direction);
    first[i] = mean;
    second[i] = square;
    weights[i] = weight - rate * (mean / (std::sqrt(square) * root + epsilon));
  }
}

}  // namespace trainyard::optimizers
