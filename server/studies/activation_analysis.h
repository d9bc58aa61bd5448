// From the points of an activation study to its speed-ups and verdicts. Pure.
#pragma once

#include "trainyard/v1/study.pb.h"

namespace trainyard {

// Of the points that have ended: how much sooner each activation is at the threshold than the
// baselines, at each depth and initializer, and whether gradients vanish at the largest depth.
v1::StudyAnalysis AnalyseActivations(const v1::Study& study);

}  // namespace trainyard
