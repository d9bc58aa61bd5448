#include "engine/schedules/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/component.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr double kError = 1e-12;
constexpr int64_t kTotal = 100;
constexpr int64_t kStepsPerEpoch = 10;

std::unique_ptr<Schedule> Make(const std::string& type, RawMap params = {}) {
  return MakeOne(schedules::MakeCatalog(), type, std::move(params));
}

double Factor(const Schedule& schedule, int64_t step, int64_t total = kTotal) {
  return schedule.At(step, total, kStepsPerEpoch).learning_rate_factor;
}

double MomentumAt(const Schedule& schedule, int64_t step, int64_t total = kTotal) {
  return schedule.At(step, total, kStepsPerEpoch).momentum;
}

RawValue Text(const char* text) { return RawValue{std::string(text)}; }

TEST(ConstantTest, KeepsTheOptimizersSettings) {
  const auto schedule = Make("constant");
  for (int64_t step : {0, 50, 99}) {
    EXPECT_EQ(Factor(*schedule, step), 1);
    EXPECT_LT(MomentumAt(*schedule, step), 0);
  }
}

TEST(StepTest, FallsEveryFewEpochs) {
  const auto schedule = Make("step", {{"every_epochs", RawValue{3.0}}, {"factor", RawValue{0.5}}});
  EXPECT_EQ(Factor(*schedule, 29), 1);
  EXPECT_EQ(Factor(*schedule, 30), 0.5);
  EXPECT_EQ(Factor(*schedule, 59), 0.5);
  EXPECT_EQ(Factor(*schedule, 60), 0.25);
}

TEST(StepTest, FallsEveryFewSteps) {
  const auto schedule = Make("step", {{"every_steps", RawValue{7.0}}});
  EXPECT_EQ(Factor(*schedule, 6), 1);
  EXPECT_EQ(Factor(*schedule, 7), 0.1);
  EXPECT_NEAR(Factor(*schedule, 14), 0.01, kError);
}

TEST(StepTest, FallsAtGivenEpochs) {
  const auto schedule = Make(
      "step",
      {{"at_epochs", RawValue{RawList{RawValue{2.0}, RawValue{5.0}}}}, {"factor", RawValue{0.5}}});
  EXPECT_EQ(Factor(*schedule, 19), 1);
  EXPECT_EQ(Factor(*schedule, 20), 0.5);
  EXPECT_EQ(Factor(*schedule, 50), 0.25);
  EXPECT_EQ(Factor(*schedule, 99), 0.25);
}

TEST(StepTest, NeedsExactlyOneInterval) {
  const auto catalog = schedules::MakeCatalog();
  const std::string message =
      "it: step needs exactly one of every_epochs, every_steps and at_epochs";
  EXPECT_THAT(ViolationsOf(catalog, "step", {}), ElementsAre(message));
  EXPECT_THAT(ViolationsOf(catalog, "step",
                           {{"every_epochs", RawValue{1.0}}, {"every_steps", RawValue{1.0}}}),
              ElementsAre(message));
}

TEST(StepTest, RefusesWrongParameters) {
  const auto catalog = schedules::MakeCatalog();
  EXPECT_THAT(ViolationsOf(catalog, "step", {{"every_epochs", RawValue{0.0}}}), SizeIs(1));
  EXPECT_THAT(
      ViolationsOf(catalog, "step", {{"every_steps", RawValue{1.0}}, {"factor", RawValue{0.0}}}),
      SizeIs(1));
  EXPECT_THAT(ViolationsOf(catalog, "step", {{"at_epochs", RawValue{RawList()}}}), SizeIs(1));
}

TEST(CosineTest, FallsAlongACosine) {
  const auto schedule = Make("cosine");
  EXPECT_EQ(Factor(*schedule, 0), 1);
  EXPECT_NEAR(Factor(*schedule, 25), (1 + std::sqrt(0.5)) / 2, kError);
  EXPECT_NEAR(Factor(*schedule, 50), 0.5, kError);
  EXPECT_NEAR(Factor(*schedule, 75), (1 - std::sqrt(0.5)) / 2, kError);
  EXPECT_GT(Factor(*schedule, 99), 0);
}

TEST(CosineTest, FallsToItsFinalFactor) {
  const auto schedule = Make("cosine", {{"final_factor", RawValue{0.2}}});
  EXPECT_NEAR(Factor(*schedule, 50), 0.6, kError);
  EXPECT_NEAR(Factor(*schedule, 999'999, 1'000'000), 0.2, 1e-9);
}

// total 100, rise_fraction 0.3: the peak is at step 0.3 * 100 - 1 = 29, the end at step 99.
TEST(OneCycleTest, RisesAndFalls) {
  const auto schedule = Make("one_cycle");
  EXPECT_NEAR(Factor(*schedule, 0), 1.0 / 25, kError);
  EXPECT_NEAR(Factor(*schedule, 29), 1, kError);
  // Half way down: between 1 and 1 / 25 / 10^4.
  EXPECT_NEAR(Factor(*schedule, 64), (1 + 1.0 / 25e4) / 2, kError);
  EXPECT_NEAR(Factor(*schedule, 99), 1.0 / 25e4, kError);
}

TEST(OneCycleTest, MomentumMovesTheOtherWay) {
  const auto schedule = Make("one_cycle");
  EXPECT_NEAR(MomentumAt(*schedule, 0), 0.95, kError);
  EXPECT_NEAR(MomentumAt(*schedule, 29), 0.85, kError);
  EXPECT_NEAR(MomentumAt(*schedule, 64), 0.9, kError);
  EXPECT_NEAR(MomentumAt(*schedule, 99), 0.95, kError);
}

TEST(OneCycleTest, LeavesTheMomentumOnDemand) {
  const auto schedule = Make("one_cycle", {{"cycle_momentum", RawValue{false}}});
  EXPECT_LT(MomentumAt(*schedule, 0), 0);
  EXPECT_LT(MomentumAt(*schedule, 64), 0);
}

TEST(OneCycleTest, Linear) {
  const auto schedule = Make("one_cycle", {{"anneal", Text("linear")},
                                           {"initial_divisor", RawValue{10.0}},
                                           {"final_divisor", RawValue{1.0}},
                                           {"rise_fraction", RawValue{0.41}}});
  EXPECT_NEAR(Factor(*schedule, 10), 0.1 + 0.9 * 10 / 40, kError);
  EXPECT_NEAR(Factor(*schedule, 40), 1, kError);
  EXPECT_NEAR(Factor(*schedule, 70), 1 - 0.9 * 30 / 59, kError);
  EXPECT_NEAR(Factor(*schedule, 99), 0.1, kError);
}

TEST(OneCycleTest, RunsOfOneAndTwoSteps) {
  const auto schedule = Make("one_cycle");
  EXPECT_NEAR(Factor(*schedule, 0, 1), 1.0 / 25e4, kError);
  EXPECT_TRUE(std::isfinite(Factor(*schedule, 0, 2)));
  EXPECT_NEAR(Factor(*schedule, 1, 2), 1.0 / 25e4, kError);
}

TEST(OneCycleTest, AnyRiseFractionStaysWithinItsBounds) {
  for (double fraction : {0.0, 0.1, 0.5, 0.9, 1.0}) {
    const auto schedule = Make("one_cycle", {{"rise_fraction", RawValue{fraction}}});
    for (int64_t total = 1; total <= 20; ++total) {
      for (int64_t step = 0; step < total; ++step) {
        const double factor = Factor(*schedule, step, total);
        EXPECT_GE(factor, 1.0 / 25e4 - kError) << fraction << " " << step << " of " << total;
        EXPECT_LE(factor, 1.0 + kError) << fraction << " " << step << " of " << total;
      }
    }
  }
}

TEST(OneCycleTest, RefusesWrongParameters) {
  const auto catalog = schedules::MakeCatalog();
  EXPECT_THAT(ViolationsOf(catalog, "one_cycle", {{"base_momentum", RawValue{0.96}}}),
              ElementsAre("it.base_momentum: must not be above max_momentum"));
  EXPECT_THAT(ViolationsOf(catalog, "one_cycle", {{"rise_fraction", RawValue{1.5}}}),
              ElementsAre("it.rise_fraction: expected number in [0, 1], got 1.5"));
  EXPECT_THAT(ViolationsOf(catalog, "one_cycle", {{"initial_divisor", RawValue{0.0}}}), SizeIs(1));
}

TEST(LinearWarmupTest, RisesOverSteps) {
  const auto schedule =
      Make("linear_warmup", {{"steps", RawValue{10.0}}, {"start_factor", RawValue{0.5}}});
  EXPECT_NEAR(Factor(*schedule, 0), 0.5, kError);
  EXPECT_NEAR(Factor(*schedule, 5), 0.75, kError);
  EXPECT_EQ(Factor(*schedule, 10), 1);
  EXPECT_EQ(Factor(*schedule, 99), 1);
}

TEST(LinearWarmupTest, RisesOverEpochsOrAShareOfTheRun) {
  EXPECT_NEAR(
      Factor(*Make("linear_warmup", {{"epochs", RawValue{2.0}}, {"start_factor", RawValue{0.0}}}),
             5),
      0.25, kError);
  EXPECT_NEAR(
      Factor(*Make("linear_warmup", {{"fraction", RawValue{0.2}}, {"start_factor", RawValue{0.0}}}),
             5),
      0.25, kError);
  // 0.05 of 100 steps where nothing is said.
  EXPECT_LT(Factor(*Make("linear_warmup"), 4), 1);
  EXPECT_EQ(Factor(*Make("linear_warmup"), 5), 1);
}

TEST(LinearWarmupTest, ThenFalls) {
  const RawMap base = {{"steps", RawValue{20.0}}, {"final_factor", RawValue{0.2}}};
  RawMap cosine = base;
  cosine["then"] = Text("cosine");
  EXPECT_EQ(Factor(*Make("linear_warmup", cosine), 20), 1);
  EXPECT_NEAR(Factor(*Make("linear_warmup", cosine), 60), 0.6, kError);
  RawMap linear = base;
  linear["then"] = Text("linear");
  EXPECT_EQ(Factor(*Make("linear_warmup", linear), 20), 1);
  EXPECT_NEAR(Factor(*Make("linear_warmup", linear), 40), 0.8, kError);
}

TEST(LinearWarmupTest, MayBeLongerThanTheRun) {
  const auto schedule =
      Make("linear_warmup", {{"steps", RawValue{200.0}}, {"start_factor", RawValue{0.0}}});
  EXPECT_NEAR(Factor(*schedule, 99), 0.495, kError);
}

TEST(LinearWarmupTest, MayBeEmpty) {
  for (const char* then : {"constant", "cosine", "linear"}) {
    EXPECT_EQ(Factor(*Make("linear_warmup", {{"steps", RawValue{0.0}}, {"then", Text(then)}}), 0),
              1);
  }
}

TEST(LinearWarmupTest, TakesOneLength) {
  EXPECT_THAT(ViolationsOf(schedules::MakeCatalog(), "linear_warmup",
                           {{"steps", RawValue{5.0}}, {"epochs", RawValue{1.0}}}),
              ElementsAre("it: linear_warmup takes only one of steps, epochs and fraction"));
}

TEST(LinearWarmupTest, RefusesWrongParameters) {
  const auto catalog = schedules::MakeCatalog();
  EXPECT_THAT(ViolationsOf(catalog, "linear_warmup", {{"fraction", RawValue{2.0}}}), SizeIs(1));
  EXPECT_THAT(ViolationsOf(catalog, "linear_warmup", {{"steps", RawValue{-1.0}}}), SizeIs(1));
  EXPECT_THAT(ViolationsOf(catalog, "linear_warmup", {{"then", Text("exponential")}}), SizeIs(1));
}

}  // namespace
}  // namespace trainyard
