// Studies such as the server answers with: for tests, and to be looked at (sample_study_main.cc).
#pragma once

#include <string>
#include <vector>

#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// Seven contenders of Fashion-MNIST at eight sizes with five seeds, ended well and analysed.
v1::Study SampleStudy();
// The same half way: `ended` points of it are there, one runs, the analysis rests on what is there.
v1::Study UnfinishedStudy(int ended);
// One point failed, one was cancelled, one has a seed without a number.
v1::Study FlawedStudy();
// A regression with two contenders.
v1::Study RegressionStudy();
// A takeaway study of data and three other factors, ended well and analysed.
v1::Study TakeawayStudy();
// A ladder of four models of 1,000 to 1,000,000 parameters at three sizes, with its joint law.
v1::Study LadderStudy();
// Of `contenders` contenders at two sizes, each named `name` and a number.
v1::Study WideStudy(int contenders, const std::string& name);

}  // namespace trainyard::client
