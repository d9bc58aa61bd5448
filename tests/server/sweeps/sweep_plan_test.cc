#include "server/sweeps/sweep_plan.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "server/sweeps/objective.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kGrid[] = R"(
  name: "lr" method: METHOD_GRID
  specification {
    data { source { type: "idx" } split { validation: 0.1 } }
    model { layers { type: "dense" params { key: "units" value { number_value: 8 } } } }
    optimizer { type: "adam" } budget { epochs: 9 } seed: 5
  }
  parameters { path: "optimizer.learning_rate" values { number_value: 0.1 } values { number_value: 0.01 } }
  parameters { path: "model.layers[0].units" values { number_value: 4 } values { number_value: 16 } }
)";

class SweepPlanTest : public ::testing::Test {
 protected:
  static v1::SweepSpecification Parse(const std::string& more = "") {
    v1::SweepSpecification sweep;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kGrid + more, &sweep)) << more;
    return sweep;
  }
  static v1::SweepSpecification Asha() {
    v1::SweepSpecification sweep = Parse();
    sweep.set_method(v1::METHOD_ASHA);
    sweep.set_trials(4);
    return sweep;
  }
  SweepPlan Plan(const v1::SweepSpecification& sweep) {
    violations_ = Violations();
    return PlanSweep(sweep, violations_);
  }
  // "path" of what is wrong, and its words.
  void ExpectWrong(const v1::SweepSpecification& sweep, const std::string& path,
                   const std::string& words) {
    Plan(sweep);
    ASSERT_EQ(violations_.list().size(), 1u) << path << "\n" << violations_.ToStatus();
    EXPECT_EQ(violations_.list()[0].path, path);
    EXPECT_THAT(violations_.list()[0].message, HasSubstr(words));
  }

  Violations violations_;
};

TEST_F(SweepPlanTest, EachTrialIsAJobWithItsValues) {
  const SweepPlan plan = Plan(Parse());
  EXPECT_THAT(violations_.list(), IsEmpty());
  ASSERT_EQ(plan.jobs.size(), 4u);
  EXPECT_EQ(plan.jobs[2].name(), "lr-002");
  EXPECT_EQ(plan.jobs[2].optimizer().params().at("learning_rate").number_value(), 0.01);
  EXPECT_EQ(plan.jobs[2].model().layers(0).params().at("units").number_value(), 4);
  EXPECT_EQ(plan.sweep.trials(3).values().at("model.layers[0].units").number_value(), 16);
  EXPECT_EQ(plan.jobs[0].runs_size(), 0);
  EXPECT_EQ(plan.sweep.total_runs(), 4u);
}

TEST_F(SweepPlanTest, SeedsAreRunsThatFollowTheSpecifications) {
  const SweepPlan plan = Plan(Parse("seeds: 3"));
  ASSERT_EQ(plan.jobs[1].runs_size(), 3);
  EXPECT_EQ(plan.jobs[1].runs(0).seed(), 5u);
  EXPECT_EQ(plan.jobs[1].runs(2).seed(), 7u);
  EXPECT_EQ(plan.sweep.total_runs(), 12u);
}

TEST_F(SweepPlanTest, AshaJudgesBelowTheBudget) {
  v1::SweepSpecification sweep = Asha();
  SweepPlan plan = Plan(sweep);
  EXPECT_THAT(violations_.list(), IsEmpty());
  EXPECT_THAT(plan.sweep.rungs(), ElementsAre(1, 3));
  EXPECT_EQ(plan.jobs[0].evaluation().every_epochs(), 1u);
  // With a budget of steps, where each trial is evaluated there.
  sweep.mutable_specification()->clear_budget();
  sweep.mutable_specification()->mutable_budget()->set_steps(2700);
  plan = Plan(sweep);
  EXPECT_THAT(plan.sweep.rungs(), ElementsAre(100, 300, 900));
  EXPECT_EQ(plan.jobs[0].evaluation().every_steps(), 100u);
}

TEST_F(SweepPlanTest, RefusesWhatIsNoSweepWithItsPlace) {
  v1::SweepSpecification sweep = Parse();
  sweep.clear_method();
  ExpectWrong(sweep, "method", "grid, random or asha");
  ExpectWrong(Parse("trials: 3"), "trials", "every combination");
  ExpectWrong(Parse("seeds: 101"), "seeds", "from 1 to 100");
  ExpectWrong(Parse("asha { reduction_factor: 2 }"), "asha", "another");
  sweep = Parse();
  sweep.clear_parameters();
  ExpectWrong(sweep, "parameters", "required");
  sweep = Parse();
  sweep.set_method(v1::METHOD_RANDOM);
  ExpectWrong(sweep, "trials", "from 1 to 1000");
  sweep.set_trials(5);
  ExpectWrong(sweep, "trials", "only 4 combinations");
  sweep = Parse();
  sweep.set_name("Not Good");
  ExpectWrong(sweep, "name", "[a-z0-9-]");
}

TEST_F(SweepPlanTest, RefusesParametersWithTheirPlace) {
  const auto with = [](const std::string& parameter) {
    return Parse(absl::StrCat("parameters { ", parameter, " }"));
  };
  constexpr char kOne[] = " values { number_value: 1 }";
  ExpectWrong(with(absl::StrCat("path: 'seed'", kOne)), "parameters[2].path", "use seeds");
  ExpectWrong(with(absl::StrCat("path: 'data.split.validation'", kOne)), "parameters[2].path",
              "same validation part");
  ExpectWrong(with(absl::StrCat("path: 'data'", kOne)), "parameters[2].path", "same samples");
  ExpectWrong(with(absl::StrCat("path: 'resources.cores'", kOne)), "parameters[2].path", "speed");
  ExpectWrong(with(absl::StrCat("path: 'optimizer'", kOne)), "parameters[2].path", "sweep .type");
  ExpectWrong(with(absl::StrCat("path: 'optimizer.learning_rate'", kOne)), "parameters[2].path",
              "already");
  ExpectWrong(with("path: 'batch_size'"), "parameters[2]", "exactly one");
  ExpectWrong(with(absl::StrCat("path: 'batch_size' integer { min: 1 max: 2 }", kOne)),
              "parameters[2]", "exactly one");
  ExpectWrong(with("path: 'batch_size' integer { min: 2 max: 2 }"), "parameters[2].integer",
              "min below max");
  ExpectWrong(with("path: 'batch_size' integer { min: 1.5 max: 2 }"), "parameters[2].integer",
              "whole");
  ExpectWrong(with("path: 'clip_gradient_norm' uniform { min: 1 max: 2 }"), "parameters[2]",
              "a grid needs values");
  ExpectWrong(with("path: 'batch_size' values { number_value: 1 } values { number_value: 1 }"),
              "parameters[2].values[1]", "same as [0]");
  ExpectWrong(with("path: 'batch_size' values { null_value: NULL_VALUE }"),
              "parameters[2].values[0]", "no value");
  ExpectWrong(with(absl::StrCat("path: 'batch_sise'", kOne)), "parameters[2].path",
              "did you mean 'batch_size'?");
  ExpectWrong(with("path: 'batch_size' values { number_value: 8 } values { number_value: 1.5 }"),
              "parameters[2].values[1]", "whole number");
  v1::SweepSpecification sweep = Asha();
  sweep.mutable_parameters(0)->clear_values();
  sweep.mutable_parameters(0)->mutable_log_uniform()->set_max(1);
  ExpectWrong(sweep, "parameters[0].log_uniform.min", "above 0");
}

TEST_F(SweepPlanTest, RefusesAMillionTrials) {
  v1::SweepSpecification sweep =
      Parse("parameters { path: 'batch_size' integer { min: 1 max: 250000 } }");
  ExpectWrong(sweep, "parameters", "1000000 trials; at most 1000");
  sweep = Parse("parameters { path: 'batch_size' integer { min: 1 max: 250 } } seeds: 11");
  ExpectWrong(sweep, "seeds", "11000 models");
}

TEST_F(SweepPlanTest, RefusesWhatFillsTheServer) {
  const std::string large(800'000, 'x');
  v1::SweepSpecification sweep =
      Parse("parameters { path: 'batch_size' integer { min: 1 max: 100 } }");
  sweep.mutable_specification()->mutable_model()->set_initial_weights(large);
  ExpectWrong(sweep, "specification", "for 400 trials it takes 320");
  sweep = Parse("parameters { path: 'loss' }");
  sweep.mutable_parameters(2)->add_values()->set_string_value(large);
  ExpectWrong(sweep, "parameters[2].values[0]", "at most 1024 bytes");
  sweep.mutable_parameters(2)->mutable_values(0)->set_string_value(large.substr(0, 1000));
  for (int i = 3; i < 13; ++i) {
    v1::SweepParameter& parameter = *sweep.add_parameters();
    parameter.set_path(absl::StrCat("optimizer.p", i));
    parameter.add_values()->set_string_value(large.substr(0, 1000));
  }
  v1::SweepParameter& many = *sweep.add_parameters();
  many.set_path("batch_size");
  many.mutable_integer()->set_min(1);
  many.mutable_integer()->set_max(250);
  ExpectWrong(sweep, "parameters", "the values of 1000 trials");
}

TEST_F(SweepPlanTest, RefusesToTuneOnTheTestPart) {
  v1::SweepSpecification sweep = Parse("objective { series: 'test/accuracy' }");
  ExpectWrong(sweep, "objective.series", "tune on it");
  ExpectWrong(Parse("objective { series: 'train/loss' }"), "objective.series", "learning by heart");
  ExpectWrong(Parse("objective { series: 'validation/precision/3' }"), "objective.series",
              "no series of the validation part");
  sweep = Parse();
  sweep.mutable_specification()->mutable_data()->mutable_split()->clear_validation();
  ExpectWrong(sweep, "specification.data.split.validation", "tune on it");
}

TEST_F(SweepPlanTest, RefusesWhatAshaCannotJudge) {
  v1::SweepSpecification sweep = Asha();
  sweep.mutable_asha()->set_reduction_factor(1);
  ExpectWrong(sweep, "asha.reduction_factor", "from 2 to 16");
  sweep = Asha();
  sweep.mutable_asha()->set_least_epochs(9);
  ExpectWrong(sweep, "asha.least_epochs", "below the budget of 9 epochs");
  sweep.mutable_asha()->set_least_steps(9);
  ExpectWrong(sweep, "asha", "one of them");
  sweep = Asha();
  sweep.mutable_asha()->set_least_steps(9);
  ExpectWrong(sweep, "asha.least_steps", "no steps");
  sweep = Asha();
  sweep.mutable_asha()->set_least_epochs(3);
  sweep.mutable_specification()->mutable_evaluation()->set_every_epochs(2);
  ExpectWrong(sweep, "asha.least_epochs", "no multiple of specification.evaluation.every_epochs 2");
  sweep.mutable_specification()->clear_budget();
  sweep.mutable_specification()->mutable_budget()->set_steps(1'000'000'000);
  sweep.mutable_asha()->set_least_steps(1);
  sweep.mutable_asha()->clear_least_epochs();
  sweep.mutable_specification()->mutable_evaluation()->set_every_steps(1);
  ExpectWrong(sweep, "asha.least_steps", "19 rungs; at most 12");
  sweep = Asha();
  sweep.mutable_specification()->mutable_learner()->set_type("linear_svm");
  ExpectWrong(sweep, "method", "no epochs");
  sweep = Asha();
  sweep.mutable_parameters(1)->set_path("budget.epochs");
  ExpectWrong(sweep, "parameters[1].path", "equal budgets");
}

TEST_F(SweepPlanTest, RefusesWhatTheSweepDecides) {
  v1::SweepSpecification sweep = Parse();
  sweep.mutable_specification()->add_runs();
  ExpectWrong(sweep, "specification.runs", "use seeds");
  sweep = Parse();
  sweep.mutable_specification()->mutable_predict();
  ExpectWrong(sweep, "specification.predict", "a sweep trains");
}

TEST_F(SweepPlanTest, ViolationsOfAJobAreAtTheirPlaceInTheSweep) {
  const SweepPlan plan = Plan(Parse());
  EXPECT_EQ(PathInSweep(plan, 2, "optimizer.learning_rate"), "parameters[0].values[1]");
  EXPECT_EQ(PathInSweep(plan, 1, "model.layers[0].units"), "parameters[1].values[1]");
  EXPECT_EQ(PathInSweep(plan, 1, "model.layers[0].bias"), "specification.model.layers[0].bias");
  EXPECT_EQ(PathInSweep(plan, 0, "runs[1].seed"), "seeds");
}

TEST(ObjectiveTest, IsAccuracyWhereThereIsOneAndElseTheLoss) {
  v1::Specification job;
  Violations violations;
  v1::SweepObjective objective;
  ResolveObjective(job, objective, violations);
  EXPECT_EQ(objective.series(), "validation/loss");
  EXPECT_EQ(objective.goal(), v1::GOAL_MINIMISE);
  job.add_metrics()->set_type("accuracy");
  job.add_metrics()->set_type("top_k");
  objective.Clear();
  ResolveObjective(job, objective, violations);
  EXPECT_EQ(objective.series(), "validation/accuracy");
  EXPECT_EQ(objective.goal(), v1::GOAL_MAXIMISE);
  objective.set_series("validation/top_5");
  ResolveObjective(job, objective, violations);
  EXPECT_THAT(violations.list(), IsEmpty());
  objective.set_series("validation/f1");
  ResolveObjective(job, objective, violations);
  ASSERT_EQ(violations.list().size(), 1u);
  EXPECT_THAT(violations.list()[0].message,
              HasSubstr("validation/loss, validation/accuracy, validation/top_5"));
}

}  // namespace
}  // namespace trainyard
