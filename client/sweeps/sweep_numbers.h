// What tables, figures and files of a sweep ask of it: how far it is, which trials count, and their
// numbers in words. A sweep may be unfinished, failed in parts or empty. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainyard/v1/sweep.pb.h"

namespace trainyard::client {

struct SweepProgress {
  int trials = 0;
  int complete = 0;  // trained to the end
  int stopped_early = 0;
  int failed = 0;
  int cancelled = 0;
  int running = 0;
  int waiting = 0;
  int ended() const { return complete + stopped_early + failed + cancelled; }
};
SweepProgress ProgressOf(const v1::Sweep& sweep);

// Trained to the end with every seed: these are compared.
bool IsComplete(const v1::Sweep& sweep, const v1::SweepTrial& trial);
const v1::SweepTrial* BestTrial(const v1::Sweep& sweep);
bool IsBetter(const v1::Sweep& sweep, double value, double other);

// "learning_rate" of "optimizer.learning_rate"; the whole path where another parameter ends alike.
std::string ShortPath(const v1::Sweep& sweep, const std::string& path);
// "0.01", "adam", {"type": "sgd", "learning_rate": 0.1}; "" where the trial has none.
std::string ValueText(const v1::SweepTrial& trial, const std::string& path);
// "learning_rate 0.01, units 64".
std::string ValuesText(const v1::Sweep& sweep, const v1::SweepTrial& trial);
// "0.8713 [0.8650, 0.8776]", of one seed the value alone; "" where there is none.
std::string EstimateText(const v1::IntervalEstimate& estimate);
// "SUCCEEDED", "STOPPED" (early, by ASHA), "CANCELLED".
std::string TrialStateText(const v1::SweepTrial& trial);
// Of all trials, so far.
double CoreSecondsOf(const v1::Sweep& sweep);

// A line a trial and seed, exactly:
//   trial,job,state,reason,stopped_early,<path of each parameter>,seed,value,mean,low,high,n,steps,
//   epochs,parameters,core_seconds,flops
std::string TrialsCsv(const v1::Sweep& sweep);

}  // namespace trainyard::client
