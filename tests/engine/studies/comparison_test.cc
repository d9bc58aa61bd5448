#include "engine/studies/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/studies/distributions.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

double HalfWidth(const std::vector<double>& values) {
  const Estimate mean = Summarize(values).mean;
  return mean.interval.high - mean.value;
}

TEST(Summarize, OfThreeValues) {
  // Deviation 1, t(2) = 4.3027: 4.3027 / sqrt(3).
  EXPECT_DOUBLE_EQ(Summarize({1, 2, 3}).mean.value, 2);
  EXPECT_NEAR(HalfWidth({1, 2, 3}), 2.48416, 1e-4);
}

TEST(Summarize, OfManyValues) {
  // 61 values of deviation 1 (30 of -1, 30 of 1 and one 0): t(60) = 2.00030.
  std::vector<double> values(61, 0.0);
  for (size_t i = 0; i < 60; ++i) values[i] = i % 2 == 0 ? -1 : 1;
  EXPECT_NEAR(HalfWidth(values), 2.00030 / std::sqrt(61), 1e-4);
}

TEST(Summarize, OneValueHasNoBounds) {
  EXPECT_DOUBLE_EQ(Summarize({5}).mean.value, 5);
  EXPECT_TRUE(std::isinf(HalfWidth({5})));
}

using ::testing::HasSubstr;

// Differences 1, 2, 3: mean 2, standard error 1 / sqrt 3, t = 3.4641 of 2 degrees of freedom, p
// 0.0742.
TEST(ComparisonTest, PairedByHand) {
  const Comparison result = Compare("a", {{1, 2}, {2, 5}, {3, 8}}, "b", {{3, 5}, {2, 3}, {1, 1}});
  EXPECT_TRUE(result.paired);
  EXPECT_EQ(result.pairs, 3);
  EXPECT_DOUBLE_EQ(result.difference.value, 2);
  EXPECT_NEAR(result.difference.interval.high, 2 + 4.302652730 / std::sqrt(3.0), 1e-8);
  EXPECT_NEAR(result.t_test, 0.0741799, 1e-6);
  EXPECT_EQ(result.wilcoxon, 0.25);  // 2 of 8 sign patterns
  // Two standard deviations, times 1 - 3 / 7.
  EXPECT_NEAR(result.effect_size.value, 2 * 4.0 / 7, 1e-12);
  EXPECT_EQ(result.finding.verdict, Verdict::kUndecided);
}

TEST(ComparisonTest, SaysWhoIsLower) {
  const std::vector<SeedValue> low = {{1, 0.10}, {2, 0.11}, {3, 0.09}, {4, 0.10}};
  const std::vector<SeedValue> high = {{1, 0.20}, {2, 0.22}, {3, 0.18}, {4, NAN}};
  const Comparison result = Compare("relu", low, "sigmoid", high);
  EXPECT_EQ(result.finding.verdict, Verdict::kHolds);
  EXPECT_EQ(Compare("sigmoid", high, "relu", low).finding.verdict, Verdict::kDoesNotHold);
  EXPECT_EQ(result.b.failed, 1);
  EXPECT_THAT(result.finding.sentence, HasSubstr("relu is lower than sigmoid: 0.1 against 0.2"));
  EXPECT_THAT(result.finding.sentence, HasSubstr("0 runs of relu and 1 of sigmoid failed"));
}

// Welch: means 2 and 6, variances 1 and 4 of 3 each; t = -4 / sqrt(5/3), freedom (5/3)^2 / (1/18 +
// 16/18).
TEST(ComparisonTest, UnpairedByHand) {
  const Comparison result = Compare("a", {{1, 1}, {2, 2}, {3, 3}}, "b", {{4, 4}, {5, 6}, {6, 8}});
  EXPECT_FALSE(result.paired);
  EXPECT_NEAR(result.t_test, 2 * StudentCdf(-4 / std::sqrt(5.0 / 3), 25.0 / 9 / (17.0 / 18)),
              1e-12);
  EXPECT_EQ(result.wilcoxon, 1);
}

TEST(ComparisonTest, NeedsThreeRuns) {
  const Comparison result = Compare("a", {{1, 1}, {2, 2}, {3, NAN}}, "b", {{1, 1}, {2, 3}, {3, 4}});
  EXPECT_EQ(result.finding.verdict, Verdict::kInsufficientData);
  EXPECT_EQ(Compare("a", {}, "b", {}).finding.verdict, Verdict::kInsufficientData);
}

TEST(ComparisonTest, RunsWithoutNoise) {
  const std::vector<SeedValue> one = {{1, 1}, {2, 1}, {3, 1}}, two = {{1, 2}, {2, 2}, {3, 2}};
  EXPECT_EQ(Compare("a", one, "b", two).finding.verdict, Verdict::kHolds);
  EXPECT_EQ(Compare("a", one, "b", one).finding.verdict, Verdict::kUndecided);
  EXPECT_EQ(Compare("a", one, "b", one).t_test, 1);
}

// Wilcoxon's table: W+ = 1 of 6 pairs has P 2 x 2 / 64.
TEST(SignedRankTest, ByHand) {
  EXPECT_NEAR(SignedRankTest({-1, 2, 3, 4, 5, 6}), 4.0 / 64, 1e-12);
  EXPECT_NEAR(SignedRankTest({1, 2, 3, 4, 5, 6, 0, 0}), 2.0 / 64, 1e-12);
  // Ties share rank 1.5: sums 0, 1.5 (twice), 3 of ranks 1.5 1.5.
  EXPECT_NEAR(SignedRankTest({-1, 1}), 1, 1e-12);
  EXPECT_EQ(SignedRankTest({}), 1);
  EXPECT_EQ(SignedRankTest({0, 0}), 1);
}

TEST(SignedRankTest, ManyPairsAreNormal) {
  std::vector<double> exact, more;
  for (int i = 1; i <= 50; ++i) exact.push_back(i % 3 == 0 ? -i : i);
  more = exact;
  more.push_back(0.5);
  EXPECT_NEAR(SignedRankTest(more), SignedRankTest(exact), 0.01);
}

// Under no difference at all each test is wrong in 5 of 100.
TEST(ComparisonTest, ErrsAsOftenAsItSays) {
  int wrong = 0;
  for (uint64_t repetition = 0; repetition < 1000; ++repetition) {
    const RandomStream stream(repetition, RandomPurpose::kSynthetic);
    std::vector<SeedValue> a, b;
    for (uint64_t seed = 0; seed < 5; ++seed) {
      a.push_back({seed, Normal(stream, 0, seed)});
      b.push_back({seed, Normal(stream, 1, seed)});
    }
    wrong += Compare("a", a, "b", b).finding.verdict != Verdict::kUndecided;
  }
  EXPECT_NEAR(wrong, 50, 21);  // three standard deviations
}

}  // namespace
}  // namespace trainyard::studies
