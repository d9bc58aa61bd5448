// The takeaway of a 2^k experiment on errors: by what each factor (data, model, compute,
// algorithm) multiplies the error, alone and with the others, and what they do together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/studies/factorial.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct TakeawayRun {
  uint32_t factors = 0;  // bit i: factor i is on
  uint64_t seed = 0;
  double error = 0;  // NaN: the run failed
};

struct Takeaway {
  // Of the logarithm of the error, see Ratio().
  Factorial factorial;
  double error_with_none = 0;  // means over the seeds
  double error_with_all = 0;
  // "together they beat each alone", "together they do more than the product of their parts", then
  // of each factor "... lowers the error".
  std::vector<std::string> claims;
  std::vector<Finding> findings;
};

// Of an effect on the logarithm: the error with over the error without.
Estimate Ratio(const Estimate& of_logarithm);

// `test_samples`: of the part that errors are shares of; 0 where they are none (a mean squared
// error). A share of 0 counts as half a sample. Errors as AnalyseFactorial, and FAILED_PRECONDITION
// for errors of 0 that are no shares.
absl::StatusOr<Takeaway> AnalyseTakeaway(const std::vector<std::string>& factors,
                                         const std::vector<TakeawayRun>& runs, double test_samples);

}  // namespace trainyard::studies
