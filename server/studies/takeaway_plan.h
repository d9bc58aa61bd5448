// From the factors of a takeaway study to its contenders, one for each combination of factors off
// and on, and back from what is wrong with one to what the user wrote. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

inline constexpr char kDataFactor[] = "data";

// Sets the contenders of a study that has factors. Contenders that are there already must be those
// that it would make, as in a study that the server answered with.
void ExpandTakeaway(v1::StudySpecification& study, Violations& violations);

// Where a user wrote `path` of a contender's specification, or of its candidates
// ("candidates[2].learning_rate").
std::string PathInTakeaway(const v1::TakeawayStudy& takeaway, const v1::Contender& contender,
                           const std::string& path);

// A factor whose jobs are the same off and on, once every default is filled in, is refused.
// `jobs`: of the points of an expanded study, contender by contender.
void CheckFactorsMatter(const v1::StudySpecification& study,
                        const std::vector<const v1::Specification*>& jobs, Violations& violations);

}  // namespace trainyard
