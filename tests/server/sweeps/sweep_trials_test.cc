#include "server/sweeps/sweep_trials.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class SweepTrialsTest : public ::testing::Test {
 protected:
  SweepTrialsTest() {
    v1::SweepSpecification& specification = *sweep_.mutable_specification();
    specification.set_method(v1::METHOD_RANDOM);
    specification.set_seeds(1);
    specification.mutable_specification()->set_seed(5);
    specification.mutable_objective()->set_series("validation/accuracy");
    specification.mutable_objective()->set_goal(v1::GOAL_MAXIMISE);
    specification.add_parameters()->set_path("lr");
    specification.add_parameters()->set_path("kind");
    job_.set_name("jobs/a");
    job_.set_state(v1::SUCCEEDED);
    job_.mutable_specification()->mutable_resources()->set_cores(2);
    job_.mutable_start_time()->set_seconds(10);
    job_.mutable_end_time()->set_seconds(13);
    job_.mutable_model()->set_flops_per_step(100);
    job_.mutable_progress()->set_step(7);
  }
  static void Add(google::protobuf::RepeatedPtrField<v1::MetricValue>& results,
                  const std::string& series, double value) {
    v1::MetricValue& out = *results.Add();
    out.set_series(series);
    out.set_value(value);
  }
  void AddRun(double validation, double test) {
    v1::RunResult& run = *job_.add_runs();
    run.set_run(static_cast<uint32_t>(job_.runs_size() - 1));
    run.set_state(std::isnan(validation) ? v1::FAILED : v1::SUCCEEDED);
    run.set_steps(7);
    Add(*run.mutable_results(), "validation/accuracy", validation);
    Add(*run.mutable_results(), "test/accuracy", test);
  }
  // A trial that was trained to the end.
  void AddTrial(double objective, double lr, const std::string& kind) {
    v1::SweepTrial& trial = *sweep_.add_trials();
    trial.set_trial(static_cast<uint32_t>(sweep_.trials_size() - 1));
    trial.set_state(v1::SUCCEEDED);
    trial.set_n(1);
    trial.mutable_objective()->set_value(objective);
    (*trial.mutable_values())["lr"].set_number_value(lr);
    (*trial.mutable_values())["kind"].set_string_value(kind);
  }
  v1::SweepTrial Fill() {
    v1::SweepTrial trial;
    FillTrial(sweep_, job_, /*now_seconds=*/20, trial);
    return trial;
  }

  v1::Sweep sweep_;
  v1::Job job_;
};

TEST_F(SweepTrialsTest, OneSeedHasAValueAndNoInterval) {
  Add(*job_.mutable_results(), "validation/accuracy", 0.8);
  const v1::SweepTrial trial = Fill();
  EXPECT_EQ(trial.objective().value(), 0.8);
  EXPECT_TRUE(std::isinf(trial.objective().high()));
  EXPECT_EQ(trial.n(), 1u);
  EXPECT_EQ(trial.seeds(0).seed(), 5u);
  EXPECT_DOUBLE_EQ(trial.core_seconds(), 6);
  EXPECT_DOUBLE_EQ(trial.flops(), 700);
  EXPECT_TRUE(IsComplete(sweep_.specification(), trial));
}

TEST_F(SweepTrialsTest, SeedsAreAGroup) {
  sweep_.mutable_specification()->set_seeds(2);
  AddRun(0.7, 0.6);
  AddRun(0.9, 0.8);
  const v1::SweepTrial trial = Fill();
  EXPECT_DOUBLE_EQ(trial.objective().value(), 0.8);
  // Deviation sqrt(0.02), t(1) = 12.7062: 12.7062 * sqrt(0.02 / 2).
  EXPECT_NEAR(trial.objective().high() - 0.8, 1.27062, 1e-4);
  EXPECT_EQ(trial.n(), 2u);
  EXPECT_EQ(trial.seeds(1).seed(), 6u);
  EXPECT_EQ(trial.steps(), 14u);
  const v1::SweepBest best = BestOf(sweep_, 0, job_);
  EXPECT_EQ(best.test_series(), "test/accuracy");
  EXPECT_DOUBLE_EQ(best.test().value(), 0.7);
  EXPECT_EQ(best.n(), 2u);
}

TEST_F(SweepTrialsTest, AFailedSeedIsSaidNotAveragedAndNeverTheBest) {
  sweep_.mutable_specification()->set_seeds(2);
  AddRun(kNan, kNan);
  AddRun(0.9, 0.8);
  *sweep_.add_trials() = Fill();
  EXPECT_TRUE(std::isnan(sweep_.trials(0).seeds(0).value()));
  EXPECT_DOUBLE_EQ(sweep_.trials(0).objective().value(), 0.9);
  EXPECT_EQ(sweep_.trials(0).n(), 1u);
  EXPECT_EQ(BestTrial(sweep_), -1);
}

TEST_F(SweepTrialsTest, AStoppedTrialHasTheValueOfItsRung) {
  Add(*job_.mutable_results(), "validation/accuracy", 0.95);  // measured after the decision
  job_.set_state(v1::CANCELLED);
  v1::SweepDecision& decision = *sweep_.add_decisions();
  decision.set_trial(0);
  decision.set_value(0.5);
  decision.set_resource(3);
  job_.mutable_progress()->set_epoch(3.4);
  *sweep_.add_trials() = Fill();
  EXPECT_TRUE(sweep_.trials(0).stopped_early());
  EXPECT_EQ(sweep_.trials(0).objective().value(), 0.5);
  EXPECT_EQ(sweep_.trials(0).epochs(), 3);
  // Nor where its job was faster than the wish to stop it.
  job_.set_state(v1::SUCCEEDED);
  *sweep_.mutable_trials(0) = Fill();
  EXPECT_EQ(sweep_.trials(0).objective().value(), 0.5);
  EXPECT_EQ(BestTrial(sweep_), -1);
}

TEST_F(SweepTrialsTest, WhatRunsCostsUpToNow) {
  job_.set_state(v1::RUNNING);
  job_.clear_end_time();
  const v1::SweepTrial trial = Fill();
  EXPECT_DOUBLE_EQ(trial.core_seconds(), 20);
  EXPECT_FALSE(trial.has_objective());
}

TEST_F(SweepTrialsTest, TheBestIsThatOfTheGoalAndOfEqualsTheFirst) {
  for (const double value : {0.3, 0.9, 0.9, kNan}) AddTrial(value, 1, "a");
  EXPECT_EQ(BestTrial(sweep_), 1);
  sweep_.mutable_specification()->mutable_objective()->set_goal(v1::GOAL_MINIMISE);
  EXPECT_EQ(BestTrial(sweep_), 0);
}

// Ranks of lr 1 2 3 4 5 and of the objective 2 1 4 3 5: rho = 1 - 6 * 4 / (5 * 24) = 0.8, t(3) =
// 2.309, p = 0.104. Words: a has the ranks 2 1, b 4 3 5: between 2 * 1.5^2 + 3 * 1 = 7.5 of 10; F =
// 7.5 / (2.5 / 3) = 9 on 1 and 3, p = 0.0577.
TEST_F(SweepTrialsTest, ImportanceByHand) {
  const double objectives[] = {0.2, 0.1, 0.4, 0.3, 0.5};
  for (int i = 0; i < 5; ++i) AddTrial(objectives[i], std::pow(10, i), i < 2 ? "a" : "b");
  FillImportance(sweep_);
  ASSERT_EQ(sweep_.importance_size(), 2);
  EXPECT_TRUE(sweep_.importance(0).is_correlation());
  EXPECT_NEAR(sweep_.importance(0).effect(), 0.8, 1e-12);
  EXPECT_NEAR(sweep_.importance(0).p_value(), 0.1041, 1e-3);
  EXPECT_FALSE(sweep_.importance(1).is_correlation());
  EXPECT_NEAR(sweep_.importance(1).effect(), 0.75, 1e-12);
  EXPECT_NEAR(sweep_.importance(1).p_value(), 0.0577, 1e-3);
  // Of a loss, lower is better.
  sweep_.mutable_specification()->mutable_objective()->set_goal(v1::GOAL_MINIMISE);
  FillImportance(sweep_);
  EXPECT_NEAR(sweep_.importance(0).effect(), -0.8, 1e-12);
}

TEST_F(SweepTrialsTest, ImportanceNeedsFiveTrialsAndTwoValues) {
  for (int i = 0; i < 4; ++i) AddTrial(0.1 * i, i, "a");
  FillImportance(sweep_);
  EXPECT_EQ(sweep_.importance_size(), 0);
  AddTrial(0.7, 9, "a");
  FillImportance(sweep_);
  ASSERT_EQ(sweep_.importance_size(), 1);
  EXPECT_EQ(sweep_.importance(0).path(), "lr");
}

TEST_F(SweepTrialsTest, WithAshaImportanceIsThatOfTheFirstRung) {
  sweep_.mutable_specification()->set_method(v1::METHOD_ASHA);
  for (int i = 0; i < 5; ++i) {
    AddTrial(1 - 0.1 * i, i, "a");
    v1::SweepDecision& decision = *sweep_.add_decisions();
    decision.set_trial(static_cast<uint32_t>(i));
    decision.set_goes_on(true);
    decision.set_value(0.1 * i);
  }
  FillImportance(sweep_);
  ASSERT_EQ(sweep_.importance_size(), 1);
  EXPECT_NEAR(sweep_.importance(0).effect(), 1, 1e-12);
  EXPECT_NEAR(sweep_.importance(0).p_value(), 0, 1e-12);
}

}  // namespace
}  // namespace trainyard
