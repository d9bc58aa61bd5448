// The figures of an activation study. Used by the commands (terminal, SVG) and by the report. Pure
// functions.
#pragma once

#include "client/figures/figure.h"
#include "client/studies/activation_numbers.h"

namespace trainyard::client {

// Training error against steps, a line for each activation.
figures::Plot TrainingCurvesOf(const v1::Study& study, const ActivationGroup& group);
// Gradient RMS by layer, a row for each contender: at the first step, or the median over training.
figures::HeatMap GradientsOf(const v1::Study& study, bool at_the_first_step);
// Shares of outputs that are saturated, or of units that are dead, by layer, at the end.
figures::HeatMap SaturationOf(const v1::Study& study);
// Each pair, with its interval.
figures::RowChart SpeedUpsOf(const v1::Study& study, Cost cost);

}  // namespace trainyard::client
