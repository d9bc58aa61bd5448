// The tables of an activation study, for a terminal and for its report. Each may be empty. Pure
// functions.
#pragma once

#include <string>

#include "client/figures/report.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// `narrow`: what fits in 80 columns, without seconds.
figures::DataTable ReachTable(const v1::Study& study, bool narrow = false, bool unicode = true);
// `narrow`: without samples.
figures::DataTable SpeedUpTable(const v1::Study& study, bool narrow = false, bool unicode = true);
figures::DataTable DiagnosisTable(const v1::Study& study);
// "20 % training error after 312 steps [290, 335], 5 of 5 seeds, learning_rate 0.01; gradients are
// healthy" of a measured point.
std::string ReachSentence(const v1::Study& study, const v1::StudyPoint& point, bool unicode);

}  // namespace trainyard::client
