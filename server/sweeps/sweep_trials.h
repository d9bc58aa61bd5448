// What became of the trials of a sweep, from their jobs and from what ASHA decided: the objective
// of each with its interval over seeds, the best one, and which parameters mattered. Pure
// functions.
#pragma once

#include "trainyard/v1/job.pb.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard {

// Fills in what the job says; a trial that ASHA stopped keeps the value of that decision.
// `now_seconds` since the epoch is the end of what still runs.
void FillTrial(const v1::Sweep& sweep, const v1::Job& job, double now_seconds,
               v1::SweepTrial& trial);

// Trained to the end with every seed, and not stopped early.
bool IsComplete(const v1::SweepSpecification& sweep, const v1::SweepTrial& trial);

// -1 where no trial is complete. Of equals the first.
int BestTrial(const v1::Sweep& sweep);
// `job` is that of the best trial: its test part is looked at now.
v1::SweepBest BestOf(const v1::Sweep& sweep, int trial, const v1::Job& job);

// One entry a parameter that took at least two values; none below five trials. Where ASHA stops
// trials early, the values are those of the first rung, which all trials reach: the ones that
// survive are a choice.
void FillImportance(v1::Sweep& sweep);

}  // namespace trainyard
