#include "engine/studies/crossover.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

constexpr int kRepetitions = 40;

struct Pair {
  SyntheticTask a, b;
};

// a learns fast and stops, b learns slowly and goes on.
Pair Planted(double noise, int sizes, int seeds, double test_samples = 0) {
  Pair pair;
  pair.a.exponent = 0.6;
  pair.a.asymptote = 0.15;
  pair.a.error_at_least_size = 0.4;
  pair.b.exponent = 0.35;
  pair.b.asymptote = 0.02;
  pair.b.error_at_least_size = 0.6;
  pair.b.model = 1;
  for (SyntheticTask* task : {&pair.a, &pair.b}) {
    task->noise = noise;
    task->sizes = sizes;
    task->seeds = seeds;
    task->test_samples = test_samples;
  }
  return pair;
}

double TrueCrossing(const Pair& pair) {
  double low = 100, high = 60000;
  while (high / low > 1 + 1e-9) {
    const double middle = std::sqrt(low * high);
    (pair.a.law().At(middle) < pair.b.law().At(middle) ? low : high) = middle;
  }
  return low;
}

void ExpectFound(const Pair& pair) {
  const double truth = TrueCrossing(pair);
  int found = 0, confirmed = 0;
  for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    const Crossover result = FindCrossover(pair.a.Draw(repetition), pair.b.Draw(repetition));
    for (const Crossing& crossing : result.crossings) {
      found += crossing.size.interval.Contains(truth);
      confirmed += crossing.confirmed;
    }
    EXPECT_LE(result.crossings.size(), 2u);
  }
  EXPECT_GE(found, 0.9 * kRepetitions);
  EXPECT_GE(confirmed, 0.9 * kRepetitions);
}

TEST(CrossoverTest, PlantedOnesAreInTheirIntervals) {
  ExpectFound(Planted(0.03, 8, 5));
  ExpectFound(Planted(0.05, 5, 3));
  ExpectFound(Planted(0.03, 7, 4, /*test_samples=*/5000));
}

TEST(CrossoverTest, SaysWhoIsBetterWhere) {
  const Pair pair = Planted(0.02, 8, 5);
  const Crossover result = FindCrossover(pair.a.Draw(1), pair.b.Draw(1));
  EXPECT_EQ(result.finding.verdict, Verdict::kHolds);
  ASSERT_EQ(result.crossings.size(), 1u);
  EXPECT_EQ(result.crossings[0].better_below, "model 0");
  EXPECT_THAT(result.finding.sentence, HasSubstr("model 0 is better below and model 1 above 4"));
  // The other way round it is the same crossing.
  const Crossover other = FindCrossover(pair.b.Draw(1), pair.a.Draw(1));
  EXPECT_NEAR(other.crossings[0].size.value, result.crossings[0].size.value, 1e-6);
}

TEST(CrossoverTest, NoneInRange) {
  Pair pair = Planted(0.03, 8, 5);
  pair.a.asymptote = 0.01;
  const Crossover result = FindCrossover(pair.a.Draw(1), pair.b.Draw(1));
  EXPECT_EQ(result.finding.verdict, Verdict::kDoesNotHold);
  EXPECT_EQ(result.finding.sentence,
            "no crossover in range: model 0 is better at every size from 100 to 60,000");
  EXPECT_TRUE(result.crossings.empty());
}

// The same law twice: whatever crossing the noise makes is not confirmed.
TEST(CrossoverTest, EqualCurvesAreUndecided) {
  Pair pair = Planted(0.03, 8, 5);
  pair.b = pair.a;
  pair.b.model = 1;
  int undecided = 0;
  for (uint64_t repetition = 0; repetition < kRepetitions; ++repetition) {
    undecided += FindCrossover(pair.a.Draw(repetition), pair.b.Draw(repetition)).finding.verdict ==
                 Verdict::kUndecided;
  }
  EXPECT_GE(undecided, 0.9 * kRepetitions);
}

// An ill-behaved curve is interpolated, and several crossings are all told.
TEST(CrossoverTest, SeveralAreSaid) {
  std::vector<MeasuredRun> peak, line;
  const std::vector<std::tuple<double, double, double>> errors = {
      {100, 0.40, 0.35},  {300, 0.20, 0.33},   {1000, 0.45, 0.31},
      {3000, 0.44, 0.29}, {10000, 0.15, 0.27}, {30000, 0.10, 0.25}};
  for (const auto& [size, a, b] : errors) {
    for (uint64_t seed = 0; seed < 4; ++seed) {
      const double wiggle = 1 + 0.01 * (static_cast<double>(seed) - 1.5);
      peak.push_back({size, seed, seed, a * wiggle});
      line.push_back({size, seed, seed, b * wiggle});
    }
  }
  const Crossover result =
      FindCrossover(*LearningCurve::Create("peak", peak), *LearningCurve::Create("line", line));
  EXPECT_EQ(result.finding.verdict, Verdict::kHolds);
  EXPECT_EQ(result.crossings.size(), 3u);
  EXPECT_THAT(result.finding.sentence, HasSubstr("several crossovers: line is better below"));
}

TEST(CrossoverTest, NeedsTwoCurves) {
  const Pair pair = Planted(0.03, 8, 5);
  const Crossover result =
      FindCrossover(pair.a.Draw(1), *LearningCurve::Create("short", {{100, 1, 1, 0.1}}));
  EXPECT_EQ(result.finding.verdict, Verdict::kInsufficientData);
  EXPECT_THAT(result.finding.sentence, HasSubstr("short: insufficient data"));
  SyntheticTask far = pair.b;
  far.smallest = 1e6;
  far.largest = 1e8;
  EXPECT_THAT(FindCrossover(pair.a.Draw(1), far.Draw(1)).finding.sentence,
              HasSubstr("no range of sizes in common"));
}

}  // namespace
}  // namespace trainyard::studies
