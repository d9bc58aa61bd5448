// From the points of a study to its laws, crossings and verdicts, by engine/studies. A pure
// function that takes up to seconds.
#pragma once

#include "trainyard/v1/study.pb.h"

namespace trainyard {

// Of the points that have ended. `test_samples`: of the part that all are judged on, where the
// error is a share of them; 0 for a regression.
v1::StudyAnalysis AnalyseStudy(const v1::Study& study, double test_samples);

}  // namespace trainyard
