// The losses that boosted trees follow: derivatives of the log loss or the squared error at the
// outputs so far, rounded to a grid on which sums of so many are exact in double: histograms of
// them are then the same in whatever order threads add them. Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/learners/learner.h"

namespace trainyard::learners {

// Columns of outputs: one for two classes.
int64_t TreeColumns(const DataInfo& info);

struct TreeLoss {
  double mean_loss = 0;
  double accuracy = 0;  // NaN for targets
};

// outputs: [count, columns].
TreeLoss MeasureOutputs(const LearnerSamples& samples, const DataInfo& info, const float* outputs,
                        ThreadPool& pool);

// By the outputs of one column; gradient and curvature: [count].
void Derivatives(const LearnerSamples& samples, const DataInfo& info, const float* outputs,
                 int64_t column, ThreadPool& pool, std::vector<float>& gradient,
                 std::vector<float>& curvature);

}  // namespace trainyard::learners
