// A 2^k experiment: factors (more data, a larger model, more computation, a better algorithm)
// switched one by one and together. What each does, and what they do beyond the sum of their parts.
#pragma once

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
  double deviation = 0;  // of a run about its cell
  double freedom = 0;
  bool blocked = false;  // every seed has every cell: what a seed adds to all of them is taken out
};

// Runs whose response is not finite are left out. INVALID_ARGUMENT for no or more than 8 factors;
// FAILED_PRECONDITION
// with the cell's name where a cell has no run, or where no cell has two.
absl::StatusOr<Factorial> AnalyseFactorial(const std::vector<std::string>& factors,
                                           const std::vector<FactorialRun>& runs);

}  // namespace trainyard::studies
