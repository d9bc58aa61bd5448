// Wrong labels in the training part, as an axis of studies: how much does a model lose to them?
// Exactly share * train_size labels become one of the other classes, each with equal chance; which
// ones, and what they become, is a pure function of the seed and the sample's number, and a larger
// share of one seed holds the wrong labels of every smaller one. Validation and test stay right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "engine/data/load.h"

namespace trainyard {

void ProveLabelNoise(const LabelNoise& noise, const DataInfo& info, int64_t train_size,
                     const std::string& path, Violations& violations);

// `training`: the samples of the training part. Returns how many labels are wrong now.
int64_t AddLabelNoise(const LabelNoise& noise, const std::vector<int64_t>& training,
                      Samples& samples);

}  // namespace trainyard
