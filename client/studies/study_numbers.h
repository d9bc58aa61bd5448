// What figures, tables and reports of a study ask of it: which points count, how many have ended,
// how their seeds spread, what a run costs. A study may be unfinished, failed in parts or empty,
// and its numbers may be NaN or infinite. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// Errors are mean squared ones, and no shares. The specification says so (loss, metrics); where it
// does not, errors above 1 do.
bool IsRegression(const v1::Study& study);
// "test error", or "test error (mean squared)".
std::string ErrorLabel(const v1::Study& study);

bool HasEnded(v1::JobState state);
// Whether its job ended well and left a finite error.
bool IsMeasured(const v1::StudyPoint& point);
// Of one contender, by ascending size.
std::vector<const v1::StudyPoint*> MeasuredPoints(const v1::Study& study,
                                                  const std::string& contender);

// Absent: no law yet.
const v1::StudyLaw* LawOf(const v1::Study& study, const std::string& contender);
const v1::Contender* ContenderOf(const v1::Study& study, const std::string& name);

// Standard deviation of the errors over seeds; NaN for fewer than two.
double SeedDeviation(const v1::StudyPoint& point);
// Seeds with a finite error.
int SeedsMeasured(const v1::StudyPoint& point);
// Runs of one job of the contender: candidates times seeds.
uint64_t RunsOfAPoint(const v1::Study& study, const v1::Contender& contender);

struct Progress {
  int points = 0;
  int measured = 0;
  int failed = 0;  // ended without a number
  int cancelled = 0;
  int running = 0;
  int waiting = 0;
  int ended() const { return measured + failed + cancelled; }
};
Progress ProgressOf(const v1::Study& study);
// What is missing, in a sentence: "3 points failed and 5 have not ended: they are in no figure.";
// "" where nothing is.
std::string WhatIsMissing(const v1::Study& study);
// Largest size that the study measures; 0 where it has none.
double LargestSize(const v1::Study& study);

}  // namespace trainyard::client
