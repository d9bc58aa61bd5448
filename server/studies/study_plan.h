// From what a user asks for to the jobs that answer it: one for each contender at each size, whose
// runs are every candidate with every seed. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "server/studies/ladder_plan.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard {

struct StudyPlan {
  // Specification with defaults filled in, points without jobs, the number of runs.
  v1::Study study;
  // Of each point.
  std::vector<v1::Specification> jobs;
  // The contenders as the user wrote them, and where each of the study's comes from.
  google::protobuf::RepeatedPtrField<v1::Contender> written;
  std::vector<ContenderPlace> places;
};

// What can be told without the catalogs and the data; the jobs are to be checked as any others. The
// plan is to be used only where no violation was added.
StudyPlan PlanStudy(const v1::StudySpecification& specification, Violations& violations);

// Where a user wrote what a violation of the job of a point is about: "data..." for its data,
// "contenders[2].specification.model..." for its model.
std::string PathInStudy(const StudyPlan& plan, int point, const std::string& path);

// Runs of a point in the order of its job: candidate by candidate, and seed by seed.
int RunIndex(const v1::StudySpecification& specification, int candidate, int seed);
// 1 for a contender that names none.
int CandidateCount(const v1::Contender& contender);
// Samples that the seeds 1, 2, 3 ... draw.
inline uint64_t SeedOf(int index) { return static_cast<uint64_t>(index) + 1; }

}  // namespace trainyard
