// From what a user asks for to the jobs that answer it: one for each trial, whose runs are its
// seeds. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "engine/base/violations.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard {

struct SweepPlan {
  // Specification with defaults filled in (but for the objective, see objective.h), trials without
  // jobs, the number of trainings.
  v1::Sweep sweep;
  // Of each trial.
  std::vector<v1::Specification> jobs;
};

// What can be told without the catalogs and the data; the jobs are to be checked as any others. The
// plan is to be used only where no violation was added.
SweepPlan PlanSweep(const v1::SweepSpecification& specification, Violations& violations);

// Where a user wrote what a violation of the job of a trial is about: "parameters[1].values[3]"
// where the trial's own value is wrong, "specification.model..." elsewhere.
std::string PathInSweep(const SweepPlan& plan, int trial, const std::string& path);

// Seed of a training.
inline uint64_t SeedOfRun(const v1::SweepSpecification& sweep, uint32_t run) {
  return sweep.specification().seed() + run;
}

}  // namespace trainyard
