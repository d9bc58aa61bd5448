// What a sweep compares its trials by: a series of the validation part and what is better of it.
// Pure functions.
#pragma once

#include "engine/base/violations.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard {

// What can be told of the series without the metrics: that it is of the validation part.
void CheckObjective(const v1::SweepObjective& objective, Violations& violations);

// Fills in what the user left out. `job` has its defaults filled in; violations where none of its
// metrics gives the series.
void ResolveObjective(const v1::Specification& job, v1::SweepObjective& objective,
                      Violations& violations);

// NaN is worse than every number, and no better than another NaN.
bool IsBetter(v1::SweepGoal goal, double value, double other);

}  // namespace trainyard
