#include "engine/optimizers/settings.h"

#include <string>
#include <utility>

namespace trainyard::optimizers {
namespace {

// Steps and decays beyond these are mistakes, and would leave the range of floats.
constexpr double kLargestLearningRate = 1e6;
constexpr double kLargestWeightDecay = 1e6;

}  // namespace

ParamSpec LearningRateParam(double default_value) {
  return Number("learning_rate", "Length of a step; the largest one where a schedule changes it.")
      .Default(default_value)
      .Above(0)
      .AtMost(kLargestLearningRate);
}

Schema WithWeightDecay(Schema schema, double default_value, const std::string& how) {
  return std::move(schema)
      .Add(
          Number("weight_decay", how).Default(default_value).AtLeast(0).AtMost(kLargestWeightDecay))
      .Add(Boolean("decay_biases",
                   "Weight decay also reaches biases and the scales and shifts of normalisation, "
                   "as in PyTorch.")
               .Default(true));
}

Settings::Settings(const Params& params)
    : learning_rate(params.Num("learning_rate")),
      weight_decay(params.Num("weight_decay")),
      decay_biases(params.Bool("decay_biases")) {}

float Settings::WeightDecay(const UpdateRange& range) const {
  return range.decay || decay_biases ? static_cast<float>(weight_decay) : 0.0f;
}

double CurrentMomentum(double own, const StepScalars& scalars) {
  return scalars.momentum >= 0 ? scalars.momentum : own;
}

}  // namespace trainyard::optimizers
