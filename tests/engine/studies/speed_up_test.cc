#include "engine/studies/speed_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/studies/distributions.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

TEST(SpeedUpTest, FirstReach) {
  const std::vector<double> steps = {10, 20, 30, 40};
  CostToThreshold cost = FirstReach(7, steps, {0.9, NAN, 0.25, 0.3}, 0.25);
  EXPECT_EQ(cost.seed, 7u);
  EXPECT_TRUE(cost.reached);
  EXPECT_EQ(cost.cost, 30);
  cost = FirstReach(7, steps, {0.9, NAN, 0.5, 0.4}, 0.25);
  EXPECT_FALSE(cost.reached);
  EXPECT_EQ(cost.cost, 40);
  EXPECT_FALSE(FirstReach(7, {}, {}, 0.25).reached);
}

// Ratios 2, 4, 8: geometric mean 4, log deviation log 2, t of 2 degrees of freedom.
TEST(SpeedUpTest, ByHand) {
  const SpeedUp result = CompareCosts("sigmoid", {{1, 20, true}, {2, 40, true}, {3, 80, true}},
                                      "relu", {{3, 10, true}, {2, 10, true}, {1, 10, true}});
  EXPECT_EQ(result.pairs, 3);
  EXPECT_NEAR(result.ratio.value, 4, 1e-12);
  const double reach = std::exp(4.302652730 * std::log(2.0) / std::sqrt(3.0));
  EXPECT_NEAR(result.ratio.interval.low, 4 / reach, 1e-7);
  EXPECT_NEAR(result.ratio.interval.high, 4 * reach, 1e-6);
  EXPECT_EQ(result.finding.verdict, Verdict::kUndecided);
  EXPECT_THAT(result.finding.sentence,
              HasSubstr("relu reaches the threshold 4 times as fast as sigmoid"));
}

// Costs whose true ratio is 3, with a budget that cuts off part of the baseline's runs.
struct Drawn {
  std::vector<CostToThreshold> baseline, treatment;
};
Drawn Draw(uint64_t repetition, int pairs, double budget) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  Drawn drawn;
  for (uint64_t seed = 0; seed < static_cast<uint64_t>(pairs); ++seed) {
    const double slow = 3000 * std::exp(0.3 * Normal(stream, 0, seed));
    const double fast = 1000 * std::exp(0.3 * Normal(stream, 1, seed));
    drawn.baseline.push_back({seed, std::min(slow, budget), slow <= budget});
    drawn.treatment.push_back({seed, std::min(fast, budget), fast <= budget});
  }
  return drawn;
}

TEST(SpeedUpTest, CoversTheTruthAlsoWhereRunsAreCutOff) {
  for (double budget : {1e9, 3300.0}) {
    int covered = 0, faster = 0;
    for (uint64_t repetition = 0; repetition < 100; ++repetition) {
      const Drawn drawn = Draw(repetition, 6, budget);
      const SpeedUp result = CompareCosts("a", drawn.baseline, "b", drawn.treatment);
      covered += result.ratio.interval.Contains(3);
      faster += result.finding.verdict == Verdict::kHolds;
    }
    EXPECT_GE(covered, 90) << budget;
    EXPECT_GE(faster, 75) << budget;
  }
}

// The profile of the likelihood ends where Student's interval does when a bound says nothing new.
TEST(SpeedUpTest, AVagueBoundChangesLittle) {
  const Drawn drawn = Draw(1, 8, 1e9);
  const SpeedUp exact = CompareCosts("a", drawn.baseline, "b", drawn.treatment);
  auto baseline = drawn.baseline;
  auto treatment = drawn.treatment;
  baseline.push_back({99, 1, false});  // at least 1/1000 times as fast
  treatment.push_back({99, 1000, true});
  const SpeedUp vague = CompareCosts("a", baseline, "b", treatment);
  EXPECT_EQ(vague.only_treatment, 1);
  EXPECT_NEAR(vague.ratio.value, exact.ratio.value, 0.02 * exact.ratio.value);
  EXPECT_NEAR(vague.ratio.interval.low, exact.ratio.interval.low, 0.1 * exact.ratio.interval.low);
}

TEST(SpeedUpTest, ABaselineThatNeverGetsThere) {
  std::vector<CostToThreshold> baseline, treatment;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    baseline.push_back({seed, 1000, false});
    treatment.push_back({seed, 100 + 10 * static_cast<double>(seed), true});
  }
  const SpeedUp result = CompareCosts("sigmoid", baseline, "relu", treatment);
  EXPECT_EQ(result.finding.verdict, Verdict::kHolds);
  EXPECT_TRUE(std::isinf(result.ratio.value));
  EXPECT_NEAR(result.ratio.interval.low, 1000.0 / 140, 1e-9);
  EXPECT_THAT(result.finding.sentence, HasSubstr("at least 7.143 times as fast"));
  // The other way round, and with too few pairs to say.
  EXPECT_EQ(CompareCosts("relu", treatment, "sigmoid", baseline).finding.verdict,
            Verdict::kDoesNotHold);
  baseline.resize(3);
  EXPECT_EQ(CompareCosts("sigmoid", baseline, "relu", treatment).finding.verdict,
            Verdict::kUndecided);
}

TEST(SpeedUpTest, PairsThatSayNothingAreCounted) {
  const std::vector<CostToThreshold> never = {{1, 10, false}, {2, 10, false}, {3, 10, false}};
  const SpeedUp result = CompareCosts("a", never, "b", never);
  EXPECT_EQ(result.neither, 3);
  EXPECT_EQ(result.finding.verdict, Verdict::kInsufficientData);
  EXPECT_THAT(result.finding.sentence, HasSubstr("neither did in 3"));
  EXPECT_EQ(CompareCosts("a", {{1, 0, true}}, "b", {{1, 5, true}}).pairs, 0);
}

}  // namespace
}  // namespace trainyard::studies
