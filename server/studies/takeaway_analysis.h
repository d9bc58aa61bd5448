// From the points of a takeaway study to its effects and verdicts, by engine/studies/takeaway. A
// pure function.
#pragma once

#include "trainyard/v1/study.pb.h"

namespace trainyard {

// See AnalyseStudy().
v1::StudyAnalysis AnalyseTakeawayStudy(const v1::Study& study, double test_samples);

}  // namespace trainyard
