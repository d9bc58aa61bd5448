// Specifications with a learner: what is checked before any queue.
#include "engine/spec/compile_learner.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kJob[] = R"(
  data {
    source { type: "synthetic_gaussian"
             params { key: "samples" value { number_value: 1000 } }
             params { key: "test_samples" value { number_value: 200 } }
             params { key: "features" value { number_value: 8 } }
             params { key: "classes" value { number_value: 3 } } }
    split { validation: 0.1 }
  }
  learner { type: "logistic_regression" }
)";

class CompileLearnerTest : public ::testing::Test {
 protected:
  CompileLearnerTest() { EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kJob, &job_)); }
  CompiledSpecification CompileJob() {
    violations_ = Violations();
    return Compile(job_, catalogs_, roots_, limits_, violations_);
  }
  std::vector<std::string> Paths() {
    CompileJob();
    std::vector<std::string> paths;
    for (const Violation& violation : violations_.list()) paths.push_back(violation.path);
    return paths;
  }
  std::string MessageOf() {
    CompileJob();
    return violations_.list().size() == 1 ? violations_.list()[0].message
                                          : std::string(violations_.ToStatus().ToString());
  }
  void SetNumber(const char* name, double value) {
    (*job_.mutable_learner()->mutable_params())[name].set_number_value(value);
  }

  v1::Specification job_;
  Catalogs catalogs_;
  DataRoots roots_;
  CompileLimits limits_;
  Violations violations_;
};

TEST_F(CompileLearnerTest, SummarisesBeforeAnythingIsLoaded) {
  const CompiledSpecification compiled = CompileJob();
  ASSERT_TRUE(violations_.empty()) << violations_.ToStatus();
  EXPECT_EQ(compiled.summary.train_samples(), 900u);
  EXPECT_EQ(compiled.summary.features(), 8u);
  EXPECT_EQ(compiled.summary.parameters(), 27u);
  EXPECT_EQ(compiled.summary.steps(), 1000u);
  EXPECT_GT(compiled.summary.memory_bytes(), 900u * 8 * 4);
  EXPECT_EQ(compiled.specification.metrics(0).type(), "accuracy");
  EXPECT_EQ(compiled.specification.resources().cores(), 1u);
  EXPECT_NE(compiled.loss, nullptr);
}

TEST_F(CompileLearnerTest, RefusesEveryFieldOfANet) {
  job_.mutable_model()->add_layers()->set_type("relu");
  job_.mutable_loss()->set_type("hinge");
  job_.mutable_optimizer()->set_type("sgd");
  job_.mutable_schedule()->set_type("cosine");
  job_.set_batch_size(5);
  job_.mutable_budget()->set_epochs(3);
  job_.set_precision(v1::PRECISION_BF16);
  job_.set_clip_gradient_norm(1);
  job_.set_gradient_accumulation_steps(2);
  job_.mutable_evaluation()->set_every_steps(2);
  EXPECT_THAT(Paths(), UnorderedElementsAre("model", "loss", "optimizer", "schedule", "batch_size",
                                            "budget", "precision", "clip_gradient_norm",
                                            "gradient_accumulation_steps", "evaluation"));
}

TEST_F(CompileLearnerTest, NamesTheNearestLearnerAndParameter) {
  job_.mutable_learner()->set_type("logistic_regresion");
  EXPECT_THAT(MessageOf(), HasSubstr("did you mean 'logistic_regression'?"));
  job_.mutable_learner()->set_type("logistic_regression");
  SetNumber("tolerence", 1);
  EXPECT_THAT(Paths(), ElementsAre("learner.tolerence"));
  EXPECT_THAT(MessageOf(), HasSubstr("tolerance"));
}

TEST_F(CompileLearnerTest, AMissingTypeIsSaid) {
  job_.mutable_learner()->clear_type();
  EXPECT_THAT(Paths(), ElementsAre("learner.type"));
}

TEST_F(CompileLearnerTest, WrongTasksAreRefused) {
  job_.mutable_learner()->set_type("linear_regression");
  EXPECT_THAT(Paths(), ElementsAre("learner"));
}

TEST_F(CompileLearnerTest, WhatCannotFitIsRefusedWithACure) {
  limits_.memory_bytes = 1 << 20;
  EXPECT_THAT(Paths(), ElementsAre("learner"));
  EXPECT_THAT(MessageOf(), HasSubstr("900 training samples of 8 features"));
  EXPECT_THAT(MessageOf(), HasSubstr("data.subset.train_size"));
}

TEST_F(CompileLearnerTest, LessMemoryThanItTakesIsRefused) {
  job_.mutable_resources()->set_memory_bytes(1000);
  EXPECT_THAT(Paths(), ElementsAre("resources.memory_bytes"));
}

TEST_F(CompileLearnerTest, AugmentationsAndBenchmarksAreNotForLearners) {
  job_.mutable_data()->add_augment()->set_type("random_flip");
  CompileJob();
  EXPECT_FALSE(violations_.empty());
  job_.mutable_data()->clear_augment();
  job_.mutable_benchmark();
  v1::ModelSummary summary;
  violations_ = Violations();
  CheckBenchmark(job_, catalogs_, roots_, limits_, summary, violations_);
  ASSERT_EQ(violations_.list().size(), 1u);
  EXPECT_EQ(violations_.list()[0].path, "learner");
}

TEST_F(CompileLearnerTest, WrongDataAndALearnerAreBothSaid) {
  job_.mutable_data()->mutable_source()->set_type("idxx");
  SetNumber("c", -1);
  EXPECT_THAT(Paths(), UnorderedElementsAre("data.source.type", "learner.c"));
}

}  // namespace
}  // namespace trainyard
