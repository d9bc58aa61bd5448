// From a study and what a user adds to it to the jobs of the points that are new. Pure functions.
#pragma once

#include <string>

#include "engine/base/violations.h"
#include "server/studies/study_plan.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// The plan has the whole specification, but only the new points, their jobs and their runs. What
// would change points that are there is refused. To be used only where no violation was added.
StudyPlan PlanExtension(const v1::StudySpecification& study, const v1::StudySpecification& addition,
                        Violations& violations);

// Where in the addition a violation of the job of a new point is.
Violation InAddition(const v1::StudySpecification& study, const v1::StudySpecification& addition,
                     const StudyPlan& plan, int point, const Violation& violation);

}  // namespace trainyard
