#include "server/studies/activation_points.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

// 10,000 training samples, batches of 100, a point each 10 steps: 4,096 samples are four points.
constexpr double kTrainSamples = 10000;
constexpr int kSteps = 200;

class ActivationPointsTest : public ::testing::Test {
 protected:
  ActivationPointsTest() {
    study_.set_seeds(3);
    study_.mutable_activation()->set_threshold(0.25);
    for (const double rate : {0.01, 0.1}) study_.mutable_activation()->add_learning_rates(rate);
    job_.set_name("jobs/a");
    job_.set_state(v1::SUCCEEDED);
    job_.mutable_model()->set_train_samples(static_cast<uint64_t>(kTrainSamples));
    job_.mutable_model()->set_steps(6 * kSteps);
    for (int run = 0; run < 6; ++run) {
      job_.mutable_specification()->add_runs();
      v1::RunResult& result = *job_.add_runs();
      result.set_run(static_cast<uint32_t>(run));
      result.set_state(v1::SUCCEEDED);
      v1::MetricValue& accuracy = *result.add_results();
      accuracy.set_series("test/accuracy");
      accuracy.set_value(0.5 + 0.01 * run);
    }
  }

  void Tell(int run, int step, double error, double samples_per_second = 1000) {
    v1::Event event;
    event.mutable_metrics()->set_step(static_cast<uint64_t>(step));
    event.mutable_metrics()->set_epoch(step * 100 / kTrainSamples);
    const auto add = [&](const char* series, double value) {
      v1::MetricValue& out = *event.mutable_metrics()->add_values();
      out.set_series(absl::StrCat("runs/", run, "/progress/", series));
      out.set_value(value);
    };
    add("loss", 1);
    add("accuracy", 1 - error);
    add("samples_per_second", samples_per_second);
    curves_.Add(event);
  }
  // A straight line from 0.9 that is at 0.25 at step `reach`.
  void Train(int run, double reach) {
    for (int step = 10; step <= kSteps; step += 10)
      Tell(run, step, 0.9 - 0.65 * (step - 5) / reach);
  }
  void Health(int run, int step, const std::string& series, double value) {
    v1::Event event;
    event.mutable_metrics()->set_step(static_cast<uint64_t>(step));
    v1::MetricValue& out = *event.mutable_metrics()->add_values();
    out.set_series(absl::StrCat("runs/", run, "/health/", series));
    out.set_value(value);
    curves_.Add(event);
  }
  v1::StudyPoint Point() {
    v1::StudyPoint point;
    FillActivationPoint(study_, job_, curves_, point);
    return point;
  }

  v1::StudySpecification study_;
  v1::Job job_;
  TrainingCurves curves_;
};

TEST_F(ActivationPointsTest, SmoothingMovesNoStraightLine) {
  Train(0, 100);
  const std::vector<SmoothedPoint> smoothed = Smooth(curves_.Of(0), kTrainSamples);
  ASSERT_EQ(smoothed.size(), 20u);
  for (const SmoothedPoint& point : smoothed) {
    EXPECT_NEAR(point.error, 0.9 - 0.65 * point.step / 100, 1e-12) << point.step;
    EXPECT_NEAR(point.samples, 100 * point.step, 1e-9);
    EXPECT_NEAR(point.seconds, 0.1 * point.step, 1e-9);
  }
  // Steps 1-10, 1-20, 1-30, 1-40, then 40 each.
  EXPECT_DOUBLE_EQ(smoothed[0].step, 5);
  EXPECT_DOUBLE_EQ(smoothed[3].step, 20);
  EXPECT_DOUBLE_EQ(smoothed[19].step, 180);
}

TEST_F(ActivationPointsTest, CostsAreThoseAtTheThreshold) {
  for (int run = 0; run < 6; ++run) Train(run, run < 3 ? 100 : 50);
  const v1::StudyPoint point = Point();
  ASSERT_EQ(point.activation().costs_size(), 3);
  for (const v1::CostToThreshold& cost : point.activation().costs()) {
    EXPECT_TRUE(cost.reached());
    EXPECT_EQ(cost.candidate(), 1u);
    EXPECT_NEAR(cost.steps(), 50, 1e-6);
    EXPECT_NEAR(cost.samples(), 5000, 1e-4);
    EXPECT_NEAR(cost.seconds(), 5, 1e-6);
  }
  EXPECT_EQ(point.candidate(), 1u);
  EXPECT_TRUE(point.activation().at_the_edge());
  // Test errors are those of the candidate that was fastest.
  EXPECT_NEAR(point.seeds(2).error(), 0.45, 1e-12);
}

// Candidate 0 is fast for seed 1 alone, candidate 1 for the others: seed 1 is judged by what the
// others say.
TEST_F(ActivationPointsTest, NoSeedChoosesForItself) {
  const double reach[] = {20, 120, 120, 60, 60, 60};
  for (int run = 0; run < 6; ++run) Train(run, reach[run]);
  const v1::StudyPoint point = Point();
  EXPECT_EQ(point.activation().costs(0).candidate(), 1u);
  EXPECT_NEAR(point.activation().costs(0).steps(), 60, 1e-6);
}

TEST_F(ActivationPointsTest, WhatIsNotReachedCostsTheWholeBudget) {
  for (int run = 0; run < 6; ++run) Train(run, 1000);
  const v1::StudyPoint point = Point();
  for (const v1::CostToThreshold& cost : point.activation().costs()) {
    EXPECT_FALSE(cost.reached());
    EXPECT_EQ(cost.steps(), kSteps);
    EXPECT_NEAR(cost.samples(), 100 * kSteps, 1e-6);
    EXPECT_NEAR(cost.seconds(), 0.1 * kSteps, 1e-6);
  }
}

TEST_F(ActivationPointsTest, ARateAtWhichASeedDivergesLoses) {
  for (int run = 0; run < 6; ++run) Train(run, run < 3 ? 100 : 50);
  job_.mutable_runs(4)->set_state(v1::FAILED);
  const v1::StudyPoint point = Point();
  EXPECT_EQ(point.candidate(), 0u);
  // For seed 2, which diverged, the others had nothing against the rate: it pays.
  EXPECT_EQ(point.activation().costs(1).candidate(), 1u);
  EXPECT_FALSE(point.activation().costs(1).reached());
  EXPECT_NEAR(point.activation().costs(0).steps(), 100, 1e-6);
}

TEST_F(ActivationPointsTest, AResumedRunTellsSomeStepsAgain) {
  Train(0, 100);
  for (int step = 150; step <= kSteps; step += 10) Tell(0, step, 0.9 - 0.65 * (step - 5) / 100.0);
  EXPECT_EQ(curves_.Of(0).points.size(), 20u);
}

TEST_F(ActivationPointsTest, CurvesAndLayersAreThoseOfTheCandidate) {
  for (int run = 0; run < 6; ++run) {
    Train(run, run < 3 ? 100 : 50 + run);
    const double first = run == 3 ? 1e-8 : 1e-6;
    for (const int step : {1, 100, 200}) {
      Health(run, step, "dense_1/gradient_rms", step == 1 ? first : 0.3);
      Health(run, step, "dense_1/update_ratio", 1e-3);
      Health(run, step, "sigmoid_2/saturation", step == 200 ? 0.5 : 0.1);
      Health(run, step, "dense_3/gradient_rms", 1e-2);
      Health(run, step, "dense_3/update_ratio", 1e-3);
    }
  }
  const v1::ActivationMeasurement measured = Point().activation();
  ASSERT_EQ(measured.layers_size(), 3);
  EXPECT_EQ(measured.layers(0).name(), "dense_1");
  // (1e-8 x 1e-6 x 1e-6)^(1/3)
  EXPECT_NEAR(measured.layers(0).initial_gradient_rms() / std::pow(10, -20.0 / 3), 1, 1e-9);
  EXPECT_NEAR(measured.layers(0).gradient_rms(), 0.3, 1e-12);
  EXPECT_TRUE(std::isnan(measured.layers(0).saturation()));
  EXPECT_DOUBLE_EQ(measured.layers(1).saturation(), 0.5);
  EXPECT_TRUE(std::isnan(measured.layers(1).gradient_rms()));
  ASSERT_EQ(measured.gradient_ratios_size(), 3);
  EXPECT_NEAR(measured.gradient_ratios(0), 1e-6, 1e-15);
  EXPECT_THAT(measured.diagnosis(), HasSubstr("vanishing"));
  EXPECT_THAT(measured.diagnosis(), HasSubstr("50 % of sigmoid_2's outputs"));
  ASSERT_EQ(measured.curve_size(), 20);
  EXPECT_LE(measured.curve(19).low(), measured.curve(19).mean());
  EXPECT_LE(measured.curve(19).mean(), measured.curve(19).high());
}

TEST_F(ActivationPointsTest, TakesAnyLog) {
  v1::Event event;
  for (const char* series : {"runs/", "runs/x/progress/loss", "runs/-1/progress/loss", "train/loss",
                             "runs/0/progress/accuracy", "runs/0/health/", ""}) {
    v1::MetricValue& value = *event.mutable_metrics()->add_values();
    value.set_series(series);
    value.set_value(NAN);
  }
  curves_.Add(event);
  const v1::StudyPoint nothing = Point();
  EXPECT_EQ(nothing.activation().costs_size(), 3);
  EXPECT_FALSE(nothing.activation().costs(0).reached());
  EXPECT_TRUE(std::isnan(nothing.activation().costs(0).seconds()));
  job_.set_state(v1::FAILED);
  EXPECT_FALSE(Point().has_activation());
}

}  // namespace
}  // namespace trainyard
