// The model's size as an axis: error against parameters, the law of both parameters and samples,
// and what limits each model with each amount of data. Pure functions.
#pragma once

#include "client/figures/figure.h"
#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// Whether there are models of three sizes or more to compare: of a ladder, or networks.
bool HasLadder(const v1::Study& study);

// A series an amount of data (of each ladder, where there are several); lines are the joint law
// where there is one, else they join the points.
figures::Plot ParametersFigure(const v1::Study& study);

// Coefficients with their intervals; empty where no law was fitted.
figures::DataTable JointLawTable(const v1::Study& study);
// What the error is made of: the user's points, and every model at every size.
figures::DataTable LimitTable(const v1::Study& study);

}  // namespace trainyard::client
