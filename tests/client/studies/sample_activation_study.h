// An activation study to test with: three activations at depths 2 and 8; sigmoid at depth 8 misses
// the threshold.
#pragma once

#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

v1::Study SampleActivationStudy();
// Of its six points the first `ended` have ended.
v1::Study UnfinishedActivationStudy(int ended);

}  // namespace trainyard::client
