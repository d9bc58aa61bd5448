// From an activation study to the contenders that it stands for: one for each activation, depth and
// initializer, grouped by depth and initializer. Pure functions; called by study_plan.cc.
#pragma once

#include <string>

#include "engine/base/violations.h"
#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// The levels of a contender of an activation study.
inline constexpr char kActivationLevel[] = "activation";
inline constexpr char kDepthLevel[] = "depth";
inline constexpr char kInitializerLevel[] = "initializer";

// Fills in the defaults of `study.activation`, checks it, and makes its contenders where nothing is
// wrong.
void ExpandActivationStudy(v1::StudySpecification& study, Violations& violations);

// The job of a contender: its candidates with every seed, all on the same samples, told often
// enough for curves. `size`: 0 for all training samples.
v1::Specification ActivationJob(const v1::StudySpecification& study, const v1::Contender& contender,
                                uint64_t size);

// What only the compiled job tells: that a threshold of training error makes sense for its data,
// and that there is a test part. Adds violations with paths of the study.
void CheckActivationJob(const v1::StudySpecification& study, const v1::Specification& job,
                        const v1::ModelSummary& model, Violations& violations);

// Where the user wrote what a violation of a contender's job is about.
std::string PathInActivationStudy(const v1::StudySpecification& study, int contender,
                                  const std::string& path);

}  // namespace trainyard
