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
  EXPECT_EQ(result->freedom, 30);
  EXPECT_NEAR(result->deviation, 0.1, 0.03);
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
