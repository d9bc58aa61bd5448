// Learning curves of a known law and Bayes error: for calibration tests and the coverage table.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/studies/curve.h"
#include "engine/studies/laws.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {

struct SyntheticTask {
  double exponent = 0.5;
  double asymptote = 0.1;
  double error_at_least_size = 0.5;
  int sizes = 8;
  int seeds = 5;
  double smallest = 100;
  double largest = 60000;
  // Of a run's error at the smallest size, relative; it falls as size^-noise_exponent.
  double noise = 0.04;
  double noise_exponent = 0.1;
  // Share of a run's noise that its seed brings to every size.
  double seed_correlation = 0;
  double test_samples = 0;
  uint32_t model = 0;  // another model on the same test part has noise of its own

  Law law() const {
    const double scale = (error_at_least_size - asymptote) * std::pow(smallest, exponent);
    return {LawKind::kPower, {asymptote, scale, 0}, {exponent, 0}};
  }
  double size(int index) const {
    return std::round(smallest *
                      std::pow(largest / smallest, static_cast<double>(index) / (sizes - 1)));
  }
  double Deviation(double size) const {
    return noise * law().At(size) * std::pow(size / smallest, -noise_exponent);
  }
  // Runs at one size: the law, what the test part brings (its samples have difficulties that are
  // drawn once), and what the run's seeds bring.
  std::vector<MeasuredRun> RunsAt(double size, uint64_t repetition) const {
    const RandomStream stream(repetition, RandomPurpose::kSynthetic);
    std::vector<MeasuredRun> runs;
    double level = law().At(size);
    if (test_samples > 0) {
      int wrong = 0;
      for (int i = 0; i < static_cast<int>(test_samples); ++i) {
        wrong += stream.Uniform(1u << 20, static_cast<uint64_t>(i)) < level;
      }
      level = wrong / test_samples;
    }
    for (int seed = 0; seed < seeds; ++seed) {
      const uint64_t lane = (uint64_t{model} << 32) + static_cast<uint64_t>(seed);
      const double own = Normal(stream, static_cast<uint64_t>(size), lane);
      const double shared = Normal(stream, 1u << 21, lane);
      const double noise =
          std::sqrt(1 - seed_correlation) * own + std::sqrt(seed_correlation) * shared;
      MeasuredRun run;
      run.size = size;
      run.subset_seed = run.init_seed = static_cast<uint64_t>(seed) + 1;
      run.error = std::clamp(level + Deviation(size) * noise, 0.0, 1.0);
      runs.push_back(run);
    }
    return runs;
  }
  LearningCurve Draw(uint64_t repetition) const {
    std::vector<MeasuredRun> runs;
    for (int i = 0; i < sizes; ++i) {
      for (const MeasuredRun& run : RunsAt(size(i), repetition)) runs.push_back(run);
    }
    return *LearningCurve::Create("model " + std::to_string(model), std::move(runs), test_samples);
  }
};

}  // namespace trainyard::studies
