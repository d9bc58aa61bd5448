// A learning curve as it was measured: runs of one model at several sizes of the training set, over
// seeds. Create() sorts, merges, counts and refuses; every analysis starts from a LearningCurve.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard::studies {

// One trained model, judged on the test part.
struct MeasuredRun {
  double size = 0;           // training samples (or parameters, or steps), above 0
  uint64_t subset_seed = 0;  // which subset of the training data
  uint64_t init_seed = 0;
  double error = 0;  // at least 0, lower is better; NaN or above 1e100: the run failed
};

struct CurvePoint {
  double size = 0;
  std::vector<MeasuredRun> runs;  // those that did not fail
  int failed = 0;
  double mean = 0;  // of the unit means
  // Independent repetitions at this size: the means over each subset, or over each initialisation
  // where the subset was always the same. Runs that share a subset are not independent.
  std::vector<uint64_t> unit_seeds;
  std::vector<double> unit_means;

  double freedom() const { return static_cast<double>(unit_means.size()) - 1; }
  // Sample variance of the units; 0 for fewer than two.
  double UnitVariance() const;
  // Sample variance of all runs: what one more run varies by.
  double RunVariance() const;
};

struct LearningCurve {
  std::string name;
  // By size, ascending, each with at least one run that did not fail.
  std::vector<CurvePoint> points;
  // Samples that each error is a share of; 0 where the error is not a share (a loss) or the test
  // part itself is what is asked about. Every run is judged on the same ones.
  double test_samples = 0;
  int failed_runs = 0;
  std::vector<std::string> notes;  // what was left out, in words

  // INVALID_ARGUMENT for a size that is not positive and finite, a negative error, a share above 1,
  // or more than 1,000 sizes or 100,000 runs.
  static absl::StatusOr<LearningCurve> Create(std::string name, std::vector<MeasuredRun> runs,
                                              double test_samples = 0);

  // Null where nothing was measured at the size.
  const CurvePoint* At(double size) const;
  // The curve of the sizes up to and including `size`.
  LearningCurve UpTo(double size) const;
};

}  // namespace trainyard::studies
