#include "engine/spec/runs.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kTraining[] = R"(
  data { source { type: "synthetic_gaussian" params { key: "samples" value { number_value: 1000 } }
                  params { key: "classes" value { number_value: 3 } } } }
  model { layers { type: "dense" params { key: "units" value { number_value: 3 } } } }
  loss { type: "softmax_cross_entropy" }
  optimizer { type: "adamw" }
  batch_size: 100
  budget { epochs: 2 }
)";

class RunsTest : public ::testing::Test {
 protected:
  static v1::Specification Parse(const std::string& runs) {
    v1::Specification specification;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kTraining + runs, &specification));
    return specification;
  }
  CompiledSpecification CompileWith(const std::string& runs) {
    violations_ = Violations();
    return Compile(Parse(runs), catalogs_, DataRoots(), limits_, violations_);
  }
  std::vector<std::string> PathsOf(const std::string& runs) {
    CompileWith(runs);
    std::vector<std::string> paths;
    for (const Violation& violation : violations_.list()) paths.push_back(violation.path);
    return paths;
  }

  Catalogs catalogs_;
  CompileLimits limits_;
  Violations violations_;
};

TEST_F(RunsTest, ARunIsTheJobWithItsOwnValues) {
  v1::Specification specification = Parse(
      "seed: 7 runs {} runs { seed: 0 learning_rate: 0.5 weight_decay: 0.25 train_size: 200 "
      "subset_seed: 9 }");
  specification.mutable_data()->mutable_subset()->set_train_size(500);
  const v1::Specification plain = SpecificationOfRun(specification, 0);
  EXPECT_EQ(plain.seed(), 7u);
  EXPECT_EQ(plain.data().subset().train_size(), 500u);
  EXPECT_THAT(plain.optimizer().params(), IsEmpty());
  EXPECT_THAT(plain.runs(), IsEmpty());
  const v1::Specification own = SpecificationOfRun(specification, 1);
  EXPECT_EQ(own.seed(), 0u);
  EXPECT_EQ(own.optimizer().params().at("learning_rate").number_value(), 0.5);
  EXPECT_EQ(own.optimizer().params().at("weight_decay").number_value(), 0.25);
  EXPECT_EQ(own.data().subset().train_size(), 200u);
  EXPECT_EQ(own.data().subset().seed(), 9u);
}

TEST_F(RunsTest, StepsAreThoseOfAllRuns) {
  // 2 epochs of 10, 10 and 5 batches.
  const CompiledSpecification compiled =
      CompileWith("runs { seed: 1 } runs { seed: 2 } runs { train_size: 500 }");
  EXPECT_THAT(violations_.list(), IsEmpty());
  EXPECT_EQ(compiled.total_steps, 50);
  EXPECT_EQ(compiled.summary.steps(), 50u);
}

TEST_F(RunsTest, MemoryIsThatOfTheRunsThatTrainAtATime) {
  const std::string runs = "runs { seed: 1 } runs { seed: 2 } runs { seed: 3 }";
  const auto one = CompileWith(runs).summary.memory_bytes();
  EXPECT_EQ(one, CompileWith("").summary.memory_bytes());
  EXPECT_GT(CompileWith(runs + "resources { cores: 2 }").summary.memory_bytes(), one);
}

TEST_F(RunsTest, EveryViolationIsAtItsRun) {
  EXPECT_THAT(
      PathsOf("runs { seed: 1 } runs { learning_rate: -1 } runs { train_size: 2000 }"
              "runs { weight_decay: -3 } runs { train_size: 50 }"),
      UnorderedElementsAre("runs[1].learning_rate", "runs[2]", "runs[3].weight_decay", "runs[4]"));
  EXPECT_THAT(violations_.list().back().message, HasSubstr("batch_size"));
}

TEST_F(RunsTest, ParametersOfALearnerAreForLearners) {
  EXPECT_THAT(PathsOf("runs { learner { key: 'c' value: 1 } }"),
              UnorderedElementsAre("runs[0].learner"));
  v1::Specification specification = Parse(
      "runs { learner { key: 'c' value: -1 } } runs { learning_rate: 0.1 } runs { seed: 4 }"
      "runs { learner { key: 'cc' value: 1 } }");
  for (const char* field : {"model", "loss", "optimizer", "batch_size", "budget"})
    specification.GetReflection()->ClearField(
        &specification, specification.GetDescriptor()->FindFieldByName(field));
  specification.mutable_learner()->set_type("linear_svm");
  violations_ = Violations();
  Compile(specification, catalogs_, DataRoots(), limits_, violations_);
  std::vector<std::string> paths;
  for (const Violation& violation : violations_.list()) paths.push_back(violation.path);
  EXPECT_THAT(paths, UnorderedElementsAre("runs[0].learner.c", "runs[1].learning_rate",
                                          "runs[3].learner.cc"));
}

TEST_F(RunsTest, RefusesTheSameRunTwice) {
  EXPECT_THAT(PathsOf("runs { seed: 1 } runs { seed: 2 } runs { seed: 1 }"),
              UnorderedElementsAre("runs[2]"));
}

TEST_F(RunsTest, RefusesTooManyRuns) {
  std::string runs;
  for (int i = 0; i <= 1024; ++i) absl::StrAppend(&runs, "runs { seed: ", i, " }\n");
  EXPECT_THAT(PathsOf(runs), UnorderedElementsAre("runs"));
}

TEST_F(RunsTest, RefusesNetsThatAreNotSmall) {
  v1::Specification specification = Parse("runs { seed: 1 } runs { seed: 2 }");
  v1::Layer wide;
  wide.set_type("dense");
  (*wide.mutable_params())["units"].set_number_value(8192);
  for (int i = 0; i < 2; ++i) *specification.mutable_model()->add_layers() = wide;
  specification.mutable_model()->mutable_layers()->SwapElements(0, 2);
  Violations violations;
  Compile(specification, catalogs_, DataRoots(), limits_, violations);
  ASSERT_FALSE(violations.empty());
  EXPECT_EQ(violations.list()[0].path, "runs");
  EXPECT_THAT(violations.list()[0].message, HasSubstr("small nets"));
}

}  // namespace
}  // namespace trainyard
