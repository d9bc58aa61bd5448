#include "engine/studies/noise.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

// Of 100 curves the shrunk variances miss the truth by much less than those of each size alone, and
// their trend has the slope of the noise.
TEST(NoiseTest, ShrunkVariancesAreNearerToTheTruth) {
  SyntheticTask task;
  task.seeds = 3;
  double shrunk = 0, alone = 0, slope = 0;
  for (uint64_t repetition = 0; repetition < 100; ++repetition) {
    const LearningCurve curve = task.Draw(repetition);
    const Noise noise = EstimateNoise(curve);
    for (size_t i = 0; i < curve.points.size(); ++i) {
      const double truth = 2 * std::log(task.Deviation(curve.points[i].size));
      shrunk += std::pow(std::log(noise.unit_variances[i]) - truth, 2);
      alone += std::pow(std::log(curve.points[i].UnitVariance()) - truth, 2);
    }
    slope += noise.slope / 100;
  }
  EXPECT_LT(shrunk, 0.3 * alone);
  EXPECT_NEAR(slope, -2 * task.noise_exponent, 0.08);
}

TEST(NoiseTest, SeesWhatSeedsBringToEverySize) {
  SyntheticTask task;
  double with = 0, without = 0;
  for (uint64_t repetition = 0; repetition < 50; ++repetition) {
    task.seed_correlation = 0.6;
    with += EstimateNoise(task.Draw(repetition)).correlation / 50;
    task.seed_correlation = 0;
    without += EstimateNoise(task.Draw(repetition)).correlation / 50;
  }
  EXPECT_GT(with, 0.4);
  EXPECT_LT(without, 0.05);
}

// A learner without randomness, on all the data: seeds do not differ.
TEST(NoiseTest, SeedsThatNeverDifferLeaveALittleDoubt) {
  const auto curve = LearningCurve::Create(
      "svm", {{100, 1, 1, 0.4}, {100, 2, 2, 0.4}, {1000, 1, 1, 0.2}, {1000, 2, 2, 0.2}});
  const Noise noise = EstimateNoise(*curve);
  EXPECT_NEAR(std::sqrt(noise.unit_variances[0]), 0.4e-3, 1e-6);
  EXPECT_NEAR(std::sqrt(noise.unit_variances[1]), 0.2e-3, 1e-6);
}

// Errors of 0.1 and 0.3 on 100 samples: variances 0.09 / 100 and 0.21 / 100, covariance 0.1 x 0.7 /
// 100.
TEST(NoiseTest, TestPartByHand) {
  const Eigen::MatrixXd covariance = TestPartCovariance(Eigen::Vector2d(0.1, 0.3), 100);
  EXPECT_NEAR(covariance(0, 0), 0.0009, 1e-15);
  EXPECT_NEAR(covariance(1, 1), 0.0021, 1e-15);
  EXPECT_NEAR(covariance(0, 1), 0.0007, 1e-15);
  EXPECT_EQ(TestPartCovariance(Eigen::Vector2d(0.1, 0.3), 0).norm(), 0);
}

TEST(NoiseTest, ADivergedRunCountsAsAnEdge) {
  SyntheticTask task;
  std::vector<MeasuredRun> runs;
  for (int i = 0; i < task.sizes; ++i) {
    for (MeasuredRun run : task.RunsAt(task.size(i), 3)) {
      if (i == 5 && run.subset_seed == 2) run.error = 0.9;  // chance
      runs.push_back(run);
    }
  }
  const LearningCurve curve = *LearningCurve::Create("net", runs);
  const LearningCurve held = Winsorized(curve);
  const double law = task.law().At(task.size(5));
  EXPECT_GT(curve.points[5].mean, 1.5 * law);
  EXPECT_NEAR(held.points[5].mean, law, 0.15 * law);
  EXPECT_EQ(held.notes.size(), 1u);
  // Nothing else moves.
  EXPECT_EQ(held.points[4].mean, curve.points[4].mean);
  EXPECT_TRUE(Winsorized(task.Draw(3)).notes.empty());
}

}  // namespace
}  // namespace trainyard::studies
