// What hand-engineered features are worth against the amount of data. Pure.
#pragma once

#include "client/figures/figure.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// A line a pair of contenders: the share of the errors that features remove.
figures::Plot FeatureGainFigure(const v1::Study& study);

}  // namespace trainyard::client
