// Which contenders of a study are the same way to learn without and with hand-engineered features.
#pragma once

#include <vector>

#include "trainyard/v1/study.pb.h"

namespace trainyard {

// Indices of contenders.
struct FeaturePair {
  int without = 0;
  int with = 0;
};

// Two with the same specification (their candidates may differ: each is judged at its best), of
// which one has transforms that make features (hog, pca ...) beyond those of the other. What only
// scales or pads values makes none.
std::vector<FeaturePair> FeaturePairs(const v1::StudySpecification& study);

}  // namespace trainyard
