// What the linear learners share: a weight a feature and a bias for each column of scores, found by
// minimising a LinearObjective. The components differ in the loss and in what their outputs mean.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/learners/learner.h"
#include "engine/learners/linear_objective.h"

namespace trainyard::learners {

struct LinearSettings {
  std::string type;  // of the component
  LinearLoss loss = LinearLoss::kSoftmax;
  // Of the penalty against the summed loss: 1/2 |w|^2 + c * sum; or |w| (l1) in its place.
  double c = 1;
  bool l1 = false;
  double tolerance = 1e-4;
  int64_t max_iterations = 1000;
};

// The parameters that all of them take.
Schema WithLinearParams(Schema schema);
// Fills c, tolerance and max_iterations.
LinearSettings ReadLinearParams(const Params& params);

std::unique_ptr<Learner> MakeLinearLearner(LinearSettings settings);

}  // namespace trainyard::learners
