#include "engine/studies/guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

// A curve with errors given by size, with a relative deviation of 2 % over five seeds.
LearningCurve With(const std::vector<std::pair<double, double>>& errors, int seeds = 5,
                   uint64_t repetition = 1) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  std::vector<MeasuredRun> runs;
  for (const auto& [size, error] : errors) {
    for (int seed = 0; seed < seeds; ++seed) {
      const auto lane = static_cast<uint64_t>(seed);
      const double noise = Normal(stream, static_cast<uint64_t>(size), lane);
      runs.push_back({size, lane, lane, error * (1 + 0.02 * noise)});
    }
  }
  return *LearningCurve::Create("net", std::move(runs));
}

TEST(GuardsTest, NeedsSizesDecadesAndSeeds) {
  SyntheticTask task;
  EXPECT_EQ(CheckCurve(task.Draw(1)).verdict, Verdict::kHolds);
  task.sizes = 4;
  EXPECT_EQ(CheckCurve(task.Draw(1)).verdict, Verdict::kInsufficientData);
  task.sizes = 5;
  EXPECT_EQ(CheckCurve(task.Draw(1)).verdict, Verdict::kHolds);
  task.largest = 100 * 31;  // 1.49 decades
  const Finding finding = CheckCurve(task.Draw(1));
  EXPECT_EQ(finding.verdict, Verdict::kInsufficientData);
  EXPECT_EQ(
      finding.sentence,
      "insufficient data: 5 sizes with at least 3 seeds over 1.491 decades; it takes 5 over 1.5");
  task.largest = 60000;
  task.seeds = 2;
  EXPECT_EQ(CheckCurve(task.Draw(1)).verdict, Verdict::kInsufficientData);
  EXPECT_EQ(CheckCurve(*LearningCurve::Create("none", {})).verdict, Verdict::kInsufficientData);
}

TEST(GuardsTest, SizesWithFewSeedsAreLeftOut) {
  LearningCurve curve = With({{100, 0.4}, {1000, 0.2}});
  curve = *LearningCurve::Create("net", {{100, 1, 1, 0.4},
                                         {100, 2, 2, 0.5},
                                         {1000, 1, 1, 0.1},
                                         {1000, 2, 2, 0.2},
                                         {1000, 3, 3, 0.2}});
  const LearningCurve part = UsablePart(curve);
  ASSERT_EQ(part.points.size(), 1u);
  EXPECT_THAT(part.notes.back(), HasSubstr("size 100 is left out: 2 of 3 seeds"));
}

TEST(GuardsTest, ADoubleDescentIsIllBehaved) {
  const Finding finding = CheckCurve(
      With({{100, 0.4}, {300, 0.3}, {1000, 0.22}, {3000, 0.35}, {10000, 0.15}, {30000, 0.1}}));
  EXPECT_EQ(finding.verdict, Verdict::kIllBehaved);
  EXPECT_THAT(finding.sentence, HasSubstr("from size 1000 to 3000, beyond noise, and falls again"));
}

TEST(GuardsTest, ACurveThatRisesIsIllBehaved) {
  EXPECT_EQ(
      CheckCurve(With({{100, 0.3}, {300, 0.3}, {1000, 0.32}, {3000, 0.36}, {10000, 0.4}})).verdict,
      Verdict::kIllBehaved);
}

// Chance level up to 1,000 samples, then a sudden fall.
TEST(GuardsTest, ACurveThatNoLawFitsIsIllBehaved) {
  const Finding finding = CheckCurve(
      With({{100, 0.9}, {300, 0.9}, {1000, 0.89}, {3000, 0.3}, {10000, 0.28}, {30000, 0.27}}));
  EXPECT_EQ(finding.verdict, Verdict::kIllBehaved);
  EXPECT_THAT(finding.sentence, HasSubstr("every law misses a size"));
}

// 600 curves of laws, with and without a plateau: hardly one is called ill-behaved.
TEST(GuardsTest, NoFalseAlarmOnCurvesOfALaw) {
  int alarms = 0;
  for (double exponent : {0.2, 0.8, 1.5}) {
    for (double noise : {0.02, 0.08}) {
      SyntheticTask task;
      task.exponent = exponent;
      task.asymptote = 0.2;
      task.noise = noise;
      for (uint64_t repetition = 0; repetition < 100; ++repetition) {
        alarms += CheckCurve(task.Draw(repetition)).verdict == Verdict::kIllBehaved;
      }
    }
  }
  EXPECT_LE(alarms, 6);
}

TEST(GuardsTest, NoErrorLeftIsNotACrash) {
  std::vector<MeasuredRun> runs;
  for (double size : {100, 1000, 10000, 20000, 50000}) {
    for (uint64_t seed = 0; seed < 3; ++seed) runs.push_back({size, seed, seed, 0});
  }
  EXPECT_EQ(CheckCurve(*LearningCurve::Create("perfect", runs)).verdict, Verdict::kHolds);
  EXPECT_EQ(CheckCurve(*LearningCurve::Create("perfect", runs, 1000)).verdict, Verdict::kHolds);
}

}  // namespace
}  // namespace trainyard::studies
