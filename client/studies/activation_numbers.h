// What figures, tables and reports of an activation study ask of it. A study may be unfinished,
// failed in parts or empty, and its numbers may be NaN or infinite. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

inline bool IsActivationStudy(const v1::Study& study) {
  return study.specification().has_activation();
}

// "activation", "depth" or "initializer" of a contender; "" where it has none.
std::string LevelOf(const v1::Contender& contender, const std::string& level);
// The point that was measured; absent where there is none.
const v1::StudyPoint* ActivationPointOf(const v1::Study& study, const std::string& contender);

// Contenders that differ in their activation alone, in the order of the study.
struct ActivationGroup {
  std::string depth;
  std::string initializer;
  std::vector<const v1::Contender*> contenders;
  // "depth 8, he"
  std::string name() const { return "depth " + depth + ", " + initializer; }
};
std::vector<ActivationGroup> ActivationGroups(const v1::Study& study);

// Layers with weights, from the input on: their gradients are comparable.
std::vector<const v1::ActivationMeasurement::Layer*> WeightedLayers(const v1::StudyPoint& point);
// Layers of which saturated outputs or dead units are counted.
std::vector<const v1::ActivationMeasurement::Layer*> CountedLayers(const v1::StudyPoint& point);
// Saturation, or the share of dead units, whichever is counted.
double UselessShare(const v1::ActivationMeasurement::Layer& layer);

// "312 [290, 335]": geometric mean over the seeds that reached the threshold, and their least and
// most; "–" where none did.
enum class Cost { kSteps, kSamples, kSeconds };
std::string CostText(const v1::StudyPoint& point, Cost cost, bool unicode = true);
int SeedsThatReached(const v1::StudyPoint& point);
// "20 %"
std::string ThresholdText(const v1::Study& study);
// "3.1 [2.6, 3.7]", "at least 3.1", "not known".
std::string RatioText(const v1::IntervalEstimate& ratio, bool unicode = true);
// "0.01", "0.1 (edge of what was tried)"
std::string RateText(const v1::Study& study, const v1::StudyPoint& point);

}  // namespace trainyard::client
