#include "engine/studies/factorial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/status.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// Box, Hunter and Hunter's form: 2^2 with two runs a cell: means 10, 20, 30, 60; deviations of 1.
// Effect of the first: ((20 - 10) + (60 - 30)) / 2 = 20; of the second: (20 + 40) / 2 = 30;
// together (30 - 10) / 2 = 10. Variance of a run 2 (1^2 + 1^2 in each cell of one degree of
// freedom), so that an effect's is 2 / 2 x 4 / 4 = 1.
TEST(FactorialTest, ByHand) {
  std::vector<FactorialRun> runs;
  const double means[] = {10, 20, 30, 60};
  for (uint32_t cell = 0; cell < 4; ++cell) {
    runs.push_back({cell, cell * 2, means[cell] - 1});
    runs.push_back({cell, cell * 2 + 1, means[cell] + 1});
  }
  const auto result = AnalyseFactorial({"data", "model"}, runs);
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->effects.size(), 3u);
  EXPECT_EQ(result->effects[0].name, "data");
  EXPECT_NEAR(result->effects[0].estimate.value, 20, 1e-12);
  EXPECT_EQ(result->effects[1].name, "model");
  EXPECT_NEAR(result->effects[1].estimate.value, 30, 1e-12);
  EXPECT_EQ(result->effects[2].name, "data x model");
  EXPECT_NEAR(result->effects[2].estimate.value, 10, 1e-12);
  EXPECT_EQ(result->freedom, 4);
  EXPECT_FALSE(result->blocked);
  EXPECT_NEAR(result->effects[0].estimate.interval.high, 20 + 2.776445105, 1e-8);
  EXPECT_NEAR(result->alone[1].estimate.value, 20, 1e-12);
  EXPECT_NEAR(result->together.estimate.value, 50, 1e-12);
  EXPECT_EQ(result->together.name, "data x model");
}

std::vector<FactorialRun> Draw(uint64_t repetition, double seed_noise) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  std::vector<FactorialRun> runs;
  for (uint32_t cell = 0; cell < 16; ++cell) {
    for (uint64_t seed = 0; seed < 3; ++seed) {
      const double response =
          -0.5 * (cell & 1) - 0.2 * (cell >> 1 & 1) - 0.3 * ((cell & 1) && (cell >> 1 & 1)) +
          0.1 * Normal(stream, cell, seed) + seed_noise * Normal(stream, 100, seed);
      runs.push_back({cell, seed, response});
    }
  }
  return runs;
}

// Of 15 effects in 100 experiments 95 of 100 intervals have the truth.
TEST(FactorialTest, IntervalsCover) {
  const std::vector<std::string> names = {"data", "model", "computation", "algorithm"};
  int covered = 0;
  for (uint64_t repetition = 0; repetition < 100; ++repetition) {
    const auto result = AnalyseFactorial(names, Draw(repetition, 0));
    ASSERT_TRUE(result.ok());
    for (const Effect& effect : result->effects) {
      const double truth = effect.factors == 1   ? -0.5 - 0.15
                           : effect.factors == 2 ? -0.2 - 0.15
                           : effect.factors == 3 ? -0.15
                                                 : 0;
      covered += effect.estimate.interval.Contains(truth);
    }
  }
  EXPECT_NEAR(covered, 1425, 40);
}

// What a seed adds to every cell is taken out where every seed has every cell.
TEST(FactorialTest, SeedsAreBlocks) {
  const std::vector<std::string> names = {"data", "model", "computation", "algorithm"};
  const auto result = AnalyseFactorial(names, Draw(1, 5));
  EXPECT_TRUE(result->blocked);
  EXPECT_EQ(result->seeds, 3);
  EXPECT_EQ(result->freedom, 2);
  EXPECT_NEAR(result->deviation, 0.1, 0.03);
}

// 2^2, seeds 1 and 2 in every cell: none 10, 12; data 20, 26; model 30, 30; both 60, 70. Main
// effect of data by seed: ((20 - 10) + (60 - 30)) / 2 = 20 and ((26 - 12) + (70 - 30)) / 2 = 27:
// mean 23.5, standard error |27 - 20| / 2 = 3.5, t(1) = 12.7062. Together 50 and 58; sum of the
// parts 10 + 20 = 30 and 14 + 18 = 32, beyond it 20 and 26. All over model alone: 30 and 40.
TEST(FactorialTest, SharedSeedsByHand) {
  const auto result = AnalyseFactorial({"data", "model"}, {{0, 1, 10},
                                                           {0, 2, 12},
                                                           {1, 1, 20},
                                                           {1, 2, 26},
                                                           {2, 1, 30},
                                                           {2, 2, 30},
                                                           {3, 1, 60},
                                                           {3, 2, 70}});
  ASSERT_TRUE(result.ok()) << result.status();
  const Estimate data = result->effects[0].estimate;
  EXPECT_NEAR(data.value, 23.5, 1e-12);
  EXPECT_NEAR(data.interval.high - data.value, 3.5 * 12.7062047362, 1e-6);
  EXPECT_NEAR(result->together.estimate.value, 54, 1e-12);
  EXPECT_NEAR(result->sum_alone.estimate.value, 31, 1e-12);
  EXPECT_NEAR(result->beyond_sum.estimate.value, 23, 1e-12);
  EXPECT_NEAR(result->beyond_sum.estimate.interval.high - 23, 3 * 12.7062047362, 1e-6);
  EXPECT_NEAR(result->over_alone[1].estimate.value, 35, 1e-12);
}

// A seed draws a subset that all eight cells of its size share, with little data a worse one, and
// cells scatter by factors of four: an interval of one pooled variance has the effect of data in 54
// of 100 (and in 85 what is alone and together).
TEST(FactorialTest, IntervalsCoverWhereSubsetsAreShared) {
  const std::vector<std::string> names = {"data", "model", "compute", "algorithm"};
  int data = 0, others = 0, alone = 0;
  for (uint64_t repetition = 0; repetition < 200; ++repetition) {
    const RandomStream stream(repetition, RandomPurpose::kSynthetic);
    std::vector<FactorialRun> runs;
    for (uint32_t cell = 0; cell < 16; ++cell) {
      const bool more = cell & 1, longer = cell >> 2 & 1;
      for (uint64_t seed = 0; seed < 5; ++seed) {
        const double subset = (more ? 0.024 : 0.06) * Normal(stream, 200 + more, seed);
        const double own = (more ? 0.015 : 0.03) * (longer ? 1 : 2.5) * Normal(stream, cell, seed);
        runs.push_back({cell, seed, -0.5 * more - 0.2 * (cell >> 1 & 1) + subset + own});
      }
    }
    const auto result = AnalyseFactorial(names, runs);
    ASSERT_TRUE(result.ok());
    data += result->effects[0].estimate.interval.Contains(-0.5);
    for (size_t i = 1; i < 15; ++i)
      others += result->effects[i].estimate.interval.Contains(i == 1 ? -0.2 : 0);
    for (size_t i = 0; i < 4; ++i)
      alone += result->alone[i].estimate.interval.Contains(i == 0 ? -0.5 : i == 1 ? -0.2 : 0);
  }
  EXPECT_NEAR(data, 190, 8);
  EXPECT_NEAR(others, 2660, 40);
  EXPECT_NEAR(alone, 760, 20);
}

// A seed that lacks a cell says nothing that could be compared.
TEST(FactorialTest, SeedsWithAFailedCellAreLeftOut) {
  std::vector<FactorialRun> runs;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    runs.push_back({0, seed, 1.0 * static_cast<double>(seed)});
    runs.push_back({1, seed, seed == 2 ? NAN : 3.0 * static_cast<double>(seed)});
  }
  const auto result = AnalyseFactorial({"data"}, runs);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->seeds, 2);
  EXPECT_EQ(result->seeds_left_out, 1);
  EXPECT_NEAR(result->together.estimate.value, 4, 1e-12);  // 2 of seed 1, 6 of seed 3
  runs.pop_back();
  EXPECT_THAT(Message(AnalyseFactorial({"data"}, runs).status()),
              HasSubstr("1 of 3 seeds have a run that ended well for every setting"));
}

// Without scatter over seeds all that is left is what they share: cells 0 and 1 of variance 0.04
// and 0.01, covariance 0.01, so that their difference has 0.03.
TEST(FactorialTest, WhatSeedsShareWidensTheIntervals) {
  Eigen::MatrixXd shared(2, 2);
  shared << 0.04, 0.01, 0.01, 0.01;
  const auto result =
      AnalyseFactorial({"data"}, {{0, 1, 5}, {0, 2, 6}, {1, 1, 3}, {1, 2, 4}}, shared);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->together.estimate.value, -2, 1e-12);
  EXPECT_NEAR(result->together.estimate.interval.high, -2 + 1.95996398 * std::sqrt(0.03), 1e-7);
}

TEST(FactorialTest, SaysWhatIsMissing) {
  EXPECT_FALSE(AnalyseFactorial({}, {}).ok());
  EXPECT_FALSE(AnalyseFactorial(std::vector<std::string>(9, "x"), {}).ok());
  EXPECT_THAT(
      Message(AnalyseFactorial({"data", "model"}, {{0, 1, 1}, {1, 1, 1}, {2, 1, 1}, {3, 1, NAN}})
                  .status()),
      HasSubstr("no run that ended well with data x model on"));
  EXPECT_THAT(Message(AnalyseFactorial({"data"}, {{0, 1, 1}, {1, 1, 2}}).status()),
              HasSubstr("insufficient data"));
  EXPECT_FALSE(AnalyseFactorial({"data"}, {{2, 1, 1}}).ok());
}

}  // namespace
}  // namespace trainyard::studies
