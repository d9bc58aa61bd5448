// Verdicts one by one; how often they are right is in calibration_test.cc.
#include "engine/studies/plateau.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/studies/crossover.h"
#include "engine/studies/forecast.h"
#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

LearningCurve Logarithmic(double noise, uint64_t repetition) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  std::vector<MeasuredRun> runs;
  for (uint64_t i = 0; i < 8; ++i) {
    const double size = std::round(100 * std::pow(600.0, static_cast<double>(i) / 7));
    for (uint64_t seed = 0; seed < 5; ++seed) {
      const double error = 0.7 - 0.05 * std::log(size);
      runs.push_back({size, seed, seed, error * (1 + noise * Normal(stream, i, seed))});
    }
  }
  return *LearningCurve::Create("log", std::move(runs));
}

TEST(PlateauTest, SaysItInASentence) {
  SyntheticTask task;
  task.exponent = 0.9;
  task.asymptote = 0.2;
  const Plateau plateau = TestPlateau(task.Draw(1));
  EXPECT_EQ(plateau.trend, Trend::kPlateaued);
  EXPECT_EQ(plateau.finding.verdict, Verdict::kHolds);
  EXPECT_THAT(
      plateau.finding.sentence,
      AllOf(HasSubstr("model 0: has plateaued: at size 60,000 doubling the data takes away"),
            HasSubstr("threshold 2 %"), HasSubstr("fitted asymptote 0.199")));
  EXPECT_TRUE(plateau.asymptote.interval.Contains(0.2));
}

TEST(PlateauTest, TheThresholdIsTheUsers) {
  SyntheticTask task;
  task.exponent = 0.5;
  task.asymptote = 0.1;  // 4.5 % per doubling
  EXPECT_EQ(TestPlateau(task.Draw(1)).trend, Trend::kKeepsImproving);
  EXPECT_EQ(TestPlateau(task.Draw(1)).finding.verdict, Verdict::kDoesNotHold);
  EXPECT_EQ(TestPlateau(task.Draw(1), {.threshold = 0.1}).trend, Trend::kPlateaued);
  EXPECT_EQ(TestPlateau(task.Draw(1), {.threshold = 0.0448}).trend, Trend::kUndecided);
}

TEST(PlateauTest, AnIllBehavedCurveHasNoTrend) {
  std::vector<MeasuredRun> runs;
  double error = 0.1;
  for (double size : {100, 1000, 10000, 20000, 50000}) {
    error += 0.1;
    for (uint64_t seed = 0; seed < 3; ++seed) {
      runs.push_back({size, seed, seed, error + 0.001 * static_cast<double>(seed)});
    }
  }
  const Plateau plateau = TestPlateau(*LearningCurve::Create("rising", runs));
  EXPECT_EQ(plateau.finding.verdict, Verdict::kIllBehaved);
  EXPECT_EQ(plateau.trend, Trend::kUndecided);
}

TEST(PlateauTest, AFlatCurveHasPlateaued) {
  std::vector<MeasuredRun> runs;
  for (double size : {100, 1000, 10000, 20000, 50000}) {
    for (uint64_t seed = 0; seed < 4; ++seed) {
      runs.push_back({size, seed, seed, 0.2 + 0.001 * static_cast<double>(seed)});
    }
  }
  EXPECT_EQ(TestPlateau(*LearningCurve::Create("flat", runs)).trend, Trend::kPlateaued);
  for (MeasuredRun& each : runs) each.error = 0;
  const Plateau perfect = TestPlateau(*LearningCurve::Create("perfect", runs));
  EXPECT_EQ(perfect.finding.verdict, Verdict::kUndecided);
  EXPECT_THAT(perfect.finding.sentence, HasSubstr("no run at size 50,000 makes an error"));
}

// Whatever a user measured, no analysis crashes or hangs.
TEST(PlateauTest, StrangeNumbersAreAnswered) {
  for (double scale : {1e-200, 1e-12, 1e90}) {
    for (double base : {1e-9, 1e9}) {
      std::vector<MeasuredRun> runs;
      for (uint64_t i = 0; i < 6; ++i) {
        for (uint64_t seed = 0; seed < 3; ++seed) {
          const double wild = (i + seed) % 4 == 0 ? 1e6 : 1;
          runs.push_back({base * std::pow(10.0, static_cast<double>(i)), seed, seed, scale * wild});
        }
      }
      const LearningCurve curve = *LearningCurve::Create("strange", runs);
      EXPECT_FALSE(TestPlateau(curve).finding.sentence.empty());
      EXPECT_TRUE(MakeForecast(curve, 1e15).ok());
      EXPECT_FALSE(FindCrossover(curve, curve).finding.sentence.empty());
    }
  }
}

// One diverged run of 40 does not turn the answer.
TEST(PlateauTest, ADivergedRunDoesNotDecide) {
  SyntheticTask task;
  task.exponent = 0.9;
  task.asymptote = 0.1;
  std::vector<MeasuredRun> runs;
  for (int i = 0; i < task.sizes; ++i) {
    for (MeasuredRun each : task.RunsAt(task.size(i), 1)) {
      if (i == 6 && each.subset_seed == 1) each.error = 0.9;
      runs.push_back(each);
    }
  }
  EXPECT_EQ(TestPlateau(*LearningCurve::Create("net", runs)).trend, Trend::kPlateaued);
}

TEST(BackTestTest, PrefersTheLawThatPredicts) {
  SyntheticTask task;
  int power = 0, logarithmic = 0;
  for (uint64_t repetition = 0; repetition < 20; ++repetition) {
    power += ChooseLaw(task.Draw(repetition)).kind == LawKind::kPower;
    logarithmic += ChooseLaw(Logarithmic(0.01, repetition)).kind == LawKind::kLogarithmic;
  }
  EXPECT_EQ(power, 20);
  EXPECT_GE(logarithmic, 19);
}

TEST(BackTestTest, WeightsAddUpAndRuleOut) {
  const LawChoice choice = ChooseLaw(SyntheticTask().Draw(1));
  ASSERT_EQ(choice.scores.size(), 3u);
  EXPECT_NEAR(choice.Weight(LawKind::kConstant) + choice.Weight(LawKind::kLogarithmic) +
                  choice.Weight(LawKind::kPower),
              1, 1e-12);
  EXPECT_FALSE(choice.Admits(LawKind::kConstant));
  EXPECT_FALSE(choice.Admits(LawKind::kLogarithmic));
  EXPECT_EQ(choice.Weight(LawKind::kJoint), 0);
}

}  // namespace
}  // namespace trainyard::studies
