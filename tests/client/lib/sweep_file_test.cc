#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/lib/spec_to_tree.h"
#include "client/lib/specification_file.h"
#include "engine/base/status.h"

namespace trainyard::client {
namespace {

using testing::HasSubstr;

constexpr char kSweep[] = R"(
method: asha
trials: 27
asha: {least_epochs: 2}
objective: {series: validation/loss, goal: minimize}
parameters:
  - {path: optimizer.learning_rate, log_uniform: {min: 0.0001, max: 0.1}}
  - path: optimizer
    values: [adam, {type: sgd, learning_rate: 0.1}]
  - {path: "model.layers[1].units", values: [16, 32]}
specification:
  optimizer: {type: adam}
)";

TEST(SweepFileTest, IsReadAsItIsWritten) {
  const auto file = ParseSweep(kSweep, "My_Search.yaml", {});
  ASSERT_TRUE(file.ok()) << file.status();
  const v1::SweepSpecification& sweep = file->specification;
  EXPECT_EQ(sweep.name(), "my-search");
  EXPECT_EQ(sweep.method(), v1::METHOD_ASHA);
  EXPECT_EQ(sweep.asha().least_epochs(), 2u);
  EXPECT_EQ(sweep.objective().goal(), v1::GOAL_MINIMISE);  // both spellings
  EXPECT_EQ(sweep.parameters(0).log_uniform().max(), 0.1);
  EXPECT_EQ(sweep.parameters(1).values(0).string_value(), "adam");
  EXPECT_EQ(
      sweep.parameters(1).values(1).struct_value().fields().at("learning_rate").number_value(),
      0.1);
  EXPECT_EQ(sweep.parameters(2).path(), "model.layers[1].units");
  EXPECT_EQ(sweep.parameters(2).values(1).number_value(), 32);
}

TEST(SweepFileTest, IsWrittenAsItIsRead) {
  const auto file = ParseSweep(kSweep, "a.yaml", {});
  ASSERT_TRUE(file.ok());
  const auto again = ParseSweep(WriteYaml(TreeFromMessage(file->specification)), "a.yaml", {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->specification.SerializeAsString().size(),
            file->specification.SerializeAsString().size());
  EXPECT_EQ(WriteYaml(TreeFromMessage(again->specification)),
            WriteYaml(TreeFromMessage(file->specification)));
}

TEST(SweepFileTest, ChangesReachParameters) {
  const auto file = ParseSweep(kSweep, "a.yaml",
                               {"parameters[2].values=[1, 2, 3]", "method=random", "asha=null",
                                "parameters[3]={path: batch_size, integer: {min: 8, max: 64}}"});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->specification.parameters(2).values_size(), 3);
  EXPECT_FALSE(file->specification.has_asha());
  EXPECT_EQ(file->specification.parameters(3).integer().min(), 8);
}

TEST(SweepFileTest, WhatIsWrongIsSaidWithItsPlace) {
  const auto file = ParseSweep(
      "method: bayes\nparameters:\n  - {path: a, log_unifrom: {min: 1}}\n  - {path: b, values: "
      "[null]}\n",
      "a.yaml", {});
  ASSERT_FALSE(file.ok());
  const std::string message = Message(file.status());
  EXPECT_THAT(message, HasSubstr("a.yaml:1:9: method: unknown value 'bayes'"));
  EXPECT_THAT(message, HasSubstr("parameters[0].log_unifrom: unknown field; did you mean "
                                 "'log_uniform'?"));
  EXPECT_THAT(message, HasSubstr("a.yaml:4:24: parameters[1].values[0]: has no value"));
}

}  // namespace
}  // namespace trainyard::client
