// A sweep on a screen: its best trial, its trials as a table, a figure in characters. What `sweep
// get`, `sweep best`, `sweep watch` and `sweep run` share. Nothing is kept.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/cli/console.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard::cli {

// INVALID_ARGUMENT where the sweep has no figure of that name, with those that it has.
absl::Status CheckSweepFigure(const v1::Sweep& sweep, const std::string& name);
// The figure at `width` columns in at most `rows` rows (0: as many as it takes); "" where the sweep
// has none of that name.
std::string SweepFigureText(const v1::Sweep& sweep, const std::string& name, int width, int rows,
                            const Console& console);
// "lr  ━━━━───  7/27 trials  2 running  9 stopped early  ETA 1:20", at most `width` columns.
std::string SweepProgressLine(const v1::Sweep& sweep, double eta_seconds, int width, bool unicode);
// "trial 3, learning_rate 0.01: validation/accuracy 0.8713, 1 seed", or why there is none.
std::string TrialLine(const v1::Sweep& sweep, const v1::SweepTrial& trial);
// "best so far: 0.8713 of trial 3, learning_rate 0.01"; "" where no trial was trained to the end.
std::string BestLine(const v1::Sweep& sweep);

// Name, state, method, costs.
void PrintSweepHead(Console& console, const v1::Sweep& sweep);
// All trials, or the best `limit` where it is above 0: those that were trained to the end first, by
// the objective.
void PrintTrials(Console& console, const v1::Sweep& sweep, int limit);
// What ASHA kept at each rung, and which parameters mattered.
void PrintRungs(Console& console, const v1::Sweep& sweep);
void PrintImportance(Console& console, const v1::Sweep& sweep);
// The best trial with its test part and its job.
void PrintBest(Console& console, const v1::Sweep& sweep);

}  // namespace trainyard::cli
