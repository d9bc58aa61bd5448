// Parameters that optimizers share, with the same names and meanings in each.
#pragma once

#include "engine/base/params.h"
#include "engine/optimizers/optimizer.h"

namespace trainyard::optimizers {

ParamSpec LearningRateParam(double default_value);
// Adds weight_decay and decay_biases, as `how` says.
Schema WithWeightDecay(Schema schema, double default_value, const std::string& how);

// What LearningRateParam and WithWeightDecay were given.
struct Settings {
  explicit Settings(const Params& params);
  // For one range: 0 where it is excluded.
  float WeightDecay(const UpdateRange& range) const;

  double learning_rate;
  double weight_decay;
  bool decay_biases;
};

// `own`, or what the schedule puts in its place.
double CurrentMomentum(double own, const StepScalars& scalars);

}  // namespace trainyard::optimizers
