// A 2^k experiment: factors (more data, a larger model, more computation, a better algorithm)
// switched one by one and together. What each does, and what they do beyond the sum of their parts.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct FactorialRun {
  uint32_t factors = 0;  // bit i: factor i is on
  uint64_t seed = 0;
  double response = 0;  // an error, or the log of one: effects then multiply
};

struct Effect {
  uint32_t factors = 0;
  std::string name;   // "data", "data x model"
  Estimate estimate;  // change of the response from off to on, mean over the other factors
  double p_value = 1;
};

struct Factorial {
  int factors = 0;
  std::vector<Effect> effects;  // main effects first, then pairs, and so on
  // Of each factor switched on alone, and of all together, against none.
  std::vector<Effect> alone;
  Effect together;
  // All together against each factor alone; below 0 they are the better.
  std::vector<Effect> over_alone;
  // What together would be if the effects alone added up, and how far it is from that.
  Effect sum_alone;
  Effect beyond_sum;
  double deviation = 0;  // of a run about its cell
  double freedom = 0;    // of the effects' errors
  // Seeds are shared: each has every cell, and an effect is judged by how it varies over them.
  bool blocked = false;
  int seeds = 0;           // that the answer rests on
  int seeds_left_out = 0;  // because a cell of theirs failed
};

// Runs whose response is not finite are left out. Where a seed is used in several cells, an effect
// is a number for each seed that has them all, and its interval Student's t over these: what a seed
// adds to many cells (its subset of the data, its initial weights) and cells that scatter more than
// others are then no matter. Else all runs are independent and share one variance.
//
// `shared_covariance`, [cells][cells] or empty: of what is the same for all seeds, such as the draw
// of the test part; it widens the intervals.
//
// INVALID_ARGUMENT for no or more than 8 factors; FAILED_PRECONDITION with the cell's name where a
// cell has no run, and where fewer than two seeds are whole or no cell has two runs.
absl::StatusOr<Factorial> AnalyseFactorial(const std::vector<std::string>& factors,
                                           const std::vector<FactorialRun>& runs,
                                           const Eigen::MatrixXd& shared_covariance = {});

}  // namespace trainyard::studies
