#include "engine/studies/dominance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/studies/distributions.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// A model with these errors at 100, 1,000 and 10,000 samples and a deviation of 0.01 over five
// seeds.
LearningCurve Model(const std::string& name, std::vector<double> errors, uint64_t lane,
                    uint64_t repetition = 1) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  std::vector<MeasuredRun> runs;
  for (size_t i = 0; i < errors.size(); ++i) {
    for (uint64_t seed = 0; seed < 5; ++seed) {
      runs.push_back({std::pow(10.0, static_cast<double>(i + 2)), seed, seed,
                      errors[i] + 0.01 * Normal(stream, lane * 100 + i, seed)});
    }
  }
  return *LearningCurve::Create(name, std::move(runs));
}

TEST(DominanceTest, TheBestOfEachAtEachSize) {
  const std::vector<LearningCurve> nets = {Model("small", {0.50, 0.30, 0.20}, 1),
                                           Model("large", {0.60, 0.30, 0.10}, 2)};
  const std::vector<LearningCurve> rivals = {Model("svm", {0.40, 0.25, 0.18}, 3),
                                             Model("logistic", {0.45, 0.35, 0.33}, 4)};
  const Dominance result = CompareFamilies("networks", nets, "traditional", rivals);
  ASSERT_EQ(result.sizes.size(), 3u);
  EXPECT_EQ(result.sizes[0].best, "small");
  EXPECT_EQ(result.sizes[0].best_rival, "svm");
  EXPECT_EQ(result.sizes[0].win_rate.value, 0);
  EXPECT_LT(result.sizes[0].probability.interval.high, 0.5);
  EXPECT_EQ(result.sizes[2].best, "large");
  EXPECT_EQ(result.sizes[2].win_rate.value, 1);
  EXPECT_GT(result.sizes[2].probability.interval.low, 0.9);
  EXPECT_EQ(result.finding.verdict, Verdict::kHolds);
  EXPECT_THAT(result.finding.sentence, HasSubstr("a run of large beats one of svm"));
  EXPECT_THAT(result.finding.sentence, HasSubstr("it won 5 of 5 paired seeds"));
  // Jeffreys' interval of 5 of 5: its lower end is the 2.5 % point of Beta(5.5, 0.5).
  EXPECT_NEAR(result.sizes[2].win_rate.interval.low, BetaQuantile(0.025, 5.5, 0.5), 1e-12);
  EXPECT_EQ(result.sizes[2].win_rate.interval.high, 1);
}

// Ten equal nets against one equal rival: the best of ten by its own runs would seem to win.
TEST(DominanceTest, TheBestOfManyHasNoAdvantage) {
  double rate = 0;
  int sure = 0;
  constexpr int kRepetitions = 100;
  for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    std::vector<LearningCurve> nets;
    for (uint64_t i = 0; i < 10; ++i) nets.push_back(Model("net", {0.3, 0.2, 0.1}, i, repetition));
    const Dominance result =
        CompareFamilies("nets", nets, "rivals", {Model("svm", {0.3, 0.2, 0.1}, 50, repetition)});
    rate += result.sizes[2].win_rate.value / kRepetitions;
    sure += result.finding.verdict != Verdict::kUndecided;
  }
  EXPECT_NEAR(rate, 0.5, 0.08);
  // Above 5, as the seeds do not choose independently of each other.
  EXPECT_LE(sure, 15);
}

// A lead of one standard deviation of the difference: P = Phi(1) = 0.841.
TEST(DominanceTest, ProbabilityIsCovered) {
  const double lead = 0.01 * std::sqrt(2.0);
  int covered = 0;
  for (uint64_t repetition = 0; repetition < 200; ++repetition) {
    const Dominance result =
        CompareFamilies("nets", {Model("net", {0.3, 0.2, 0.1}, 1, repetition)}, "rivals",
                        {Model("svm", {0.3 + lead, 0.2 + lead, 0.1 + lead}, 2, repetition)});
    covered += result.sizes[1].probability.interval.Contains(NormalCdf(1));
  }
  EXPECT_GE(covered, 180);
}

TEST(DominanceTest, NeedsPairs) {
  const Dominance result = CompareFamilies(
      "nets", {Model("net", {0.3}, 1)}, "rivals",
      {*LearningCurve::Create("svm", {{100, 1, 1, 0.2}, {100, 2, 2, 0.2}, {5000, 1, 1, 0.1}})});
  EXPECT_EQ(result.finding.verdict, Verdict::kInsufficientData);
  EXPECT_EQ(CompareFamilies("a", {}, "b", {}).finding.verdict, Verdict::kInsufficientData);
}

}  // namespace
}  // namespace trainyard::studies
