// Answers of engine/studies as messages. Pure functions.
#pragma once

#include "engine/studies/verdict.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

v1::Verdict ToVerdict(studies::Verdict verdict);
v1::IntervalEstimate ToProto(const studies::Estimate& estimate);

}  // namespace trainyard
