// Which of two configurations has the lower error (or cost), over runs that are paired by seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct SeedValue {
  uint64_t seed = 0;
  double value = 0;  // lower is better; NaN or infinite: the run failed
};

struct GroupSummary {
  int count = 0;
  int failed = 0;
  double deviation = 0;  // standard, of the sample
  Estimate mean;         // 95 % by Student's t; unbounded for fewer than two
};

struct Comparison {
  GroupSummary a, b;
  bool paired = false;  // by seeds that both have; else Welch's test of the groups
  int pairs = 0;
  Estimate difference;   // mean of a - b
  double t_test = 1;     // p-value, two-sided
  double wilcoxon = 1;   // signed ranks, exact up to 50 pairs; 1 where the runs are not paired
  Estimate effect_size;  // Hedges' g: difference in standard deviations, corrected for few runs
  Finding finding;       // of "a is lower than b"
};

GroupSummary Summarize(const std::vector<double>& values);

// A seed that occurs twice in a group counts as the mean of its values.
Comparison Compare(const std::string& name_a, const std::vector<SeedValue>& a,
                   const std::string& name_b, const std::vector<SeedValue>& b);

// Two-sided p-value of Wilcoxon's signed-rank test; zeros are left out, ties share their rank.
double SignedRankTest(const std::vector<double>& differences);

}  // namespace trainyard::studies
