// From a contender with a ladder of models to one contender for each step. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// Where a user wrote a contender.
struct ContenderPlace {
  int contender = 0;
  int step = -1;  // of its ladder; -1: it has none
};

// Replaces contenders that have a ladder by its steps. The place of each contender that comes of
// it.
std::vector<ContenderPlace> ExpandLadders(v1::StudySpecification& study, Violations& violations);

// What is wrong with the steps of a contender, whatever it is made with.
void CheckLadder(const v1::Contender& contender, const std::string& path, const v1::Data& data,
                 Violations& violations);

// Where a user wrote `path` of the job of a step ("model.layers[1].units"), or of its candidates
// ("candidates[2].learning_rate"): "ladder[1].specification.model.layers[1].units", or the same of
// the contender itself, "specification.model.layers[1].units".
std::string PathInLadder(const v1::Variant& step, int index, const std::string& path);

}  // namespace trainyard
