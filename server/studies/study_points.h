// What a job says of its point of a study. Pure functions.
#pragma once

#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

// Fills in what is known of the job; of one that has ended, which candidate validation chose, and
// the error of each seed. `point` has contender and size.
void FillPoint(const v1::StudySpecification& study, const v1::Job& job, v1::StudyPoint& point);

// Chooses this candidate in place of the one that validation chose.
void FillCandidate(const v1::StudySpecification& study, const v1::Job& job, int candidate,
                   v1::StudyPoint& point);

}  // namespace trainyard
