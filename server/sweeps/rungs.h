// Asynchronous successive halving, the stopping variant (Li et al. 2020, "A system for massively
// parallel hyperparameter tuning"): where trials are judged, and whether one goes on. Pure
// functions.
#pragma once

#include <cstdint>
#include <vector>

#include "trainyard/v1/sweep.pb.h"

namespace trainyard {

// least, least * factor, least * factor^2 ... below `budget`.
std::vector<uint64_t> RungsOf(uint64_t least, uint64_t factor, uint64_t budget);

// Share of a training that a trial takes on average where 1/factor of the trials goes on at each
// rung; of the trials that reach the end, `survivors`.
struct ExpectedShare {
  double training = 1;
  double survivors = 1;
};
ExpectedShare ExpectShare(const std::vector<uint64_t>& rungs, uint64_t factor, uint64_t budget);

// Whether a trial with `value` goes on that comes to a rung after those with `earlier` values: it
// does where fewer than max(1, n / factor) of the n that have come, itself included, are better. So
// the first one goes on, and of equals those that come early. A value that is no number never does.
bool GoesOn(const std::vector<double>& earlier, double value, uint64_t factor, v1::SweepGoal goal);

}  // namespace trainyard
