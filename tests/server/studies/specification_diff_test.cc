#include "server/studies/specification_diff.h"

#include <google/protobuf/text_format.h>

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trainyard {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Catalogs& AllCatalogs() {
  static const auto& catalogs = *new Catalogs();
  return catalogs;
}

v1::Job JobOf(const std::string& specification) {
  v1::Job job;
  EXPECT_TRUE(
      google::protobuf::TextFormat::ParseFromString(specification, job.mutable_specification()));
  return job;
}

// "path: a -> b".
std::vector<std::string> Diff(const std::vector<v1::Job>& jobs) {
  std::vector<std::string> lines;
  for (const v1::SpecificationDifference& difference : DiffSpecifications(jobs, AllCatalogs())) {
    std::string line = difference.path() + ":";
    for (const std::string& value : difference.values()) line += " " + value + " ->";
    lines.push_back(line.substr(0, line.size() - 3));
  }
  return lines;
}
std::vector<std::string> Diff(const std::string& a, const std::string& b) {
  return Diff({JobOf(a), JobOf(b)});
}

std::string Layers(const std::vector<std::string>& types) {
  std::string text = "model {";
  for (const std::string& type : types) text += " layers { type: '" + type + "' }";
  return text + " }";
}

constexpr char kAdam[] = "optimizer { type: 'adam' }";
constexpr char kFast[] =
    "optimizer { type: 'adam' params { key: 'learning_rate' value { number_value: 0.01 } } }";
constexpr char kUsual[] =
    "optimizer { type: 'adam' params { key: 'learning_rate' value { number_value: 0.001 } } }";

TEST(SpecificationDiffTest, ParametersHaveTheirDefaults) {
  EXPECT_THAT(Diff(kAdam, kFast), ElementsAre("optimizer.learning_rate: 0.001 -> 0.01"));
  EXPECT_THAT(Diff(kAdam, kUsual), IsEmpty());
}

TEST(SpecificationDiffTest, AnotherTypeIsOneDifference) {
  EXPECT_THAT(Diff(kFast, "optimizer { type: 'sgd' }"),
              ElementsAre("optimizer: {type: adam, learning_rate: 0.01} -> {type: sgd}"));
  EXPECT_THAT(Diff(kFast, "batch_size: 3"),
              ElementsAre("optimizer: {type: adam, learning_rate: 0.01} -> ", "batch_size:  -> 3"));
}

TEST(SpecificationDiffTest, ALayerBetweenOthersIsOneDifference) {
  EXPECT_THAT(
      Diff(Layers({"flatten", "relu", "flatten"}), Layers({"flatten", "tanh", "relu", "flatten"})),
      ElementsAre("model.layers[1]:  -> {type: tanh}"));
  EXPECT_THAT(
      Diff(Layers({"relu"}), Layers({"relu", "relu", "relu"})),
      ElementsAre("model.layers[1]:  -> {type: relu}", "model.layers[2]:  -> {type: relu}"));
  EXPECT_THAT(Diff(Layers({"relu", "tanh"}), Layers({"relu", "gelu"})),
              ElementsAre("model.layers[1]: {type: tanh} -> {type: gelu}"));
}

TEST(SpecificationDiffTest, VersionsOfDataSetsCount) {
  const auto data = [](const std::string& path) {
    return "data { source { type: 'csv' params { key: 'path' value { string_value: '" + path +
           "' } } } }";
  };
  EXPECT_THAT(Diff(data("dataset:flowers@1/train.csv"), data("dataset:flowers@2/train.csv")),
              ElementsAre("data.source.path: dataset:flowers@1/train.csv -> "
                          "dataset:flowers@2/train.csv"));
}

TEST(SpecificationDiffTest, NamesAndEstimatedMemoryAreLeftOut) {
  v1::Job a = JobOf("name: 'a' resources { memory_bytes: 100 cores: 1 }");
  v1::Job b = JobOf("name: 'b' resources { memory_bytes: 200 cores: 2 }");
  a.mutable_model()->set_memory_bytes(100);
  b.mutable_model()->set_memory_bytes(200);
  EXPECT_THAT(Diff({a, b}), ElementsAre("resources.cores: 1 -> 2"));
  b.mutable_model()->set_memory_bytes(150);  // 200 was asked for
  EXPECT_THAT(Diff({a, b}),
              ElementsAre("resources.cores: 1 -> 2", "resources.memory_bytes:  -> 200"));
}

TEST(SpecificationDiffTest, RunsEnumsDurationsAndMaps) {
  EXPECT_THAT(Diff("runs { seed: 1 } runs { seed: 2 }", "runs { seed: 1 }"),
              ElementsAre("runs[1]: {seed: 2} -> "));
  EXPECT_THAT(
      Diff("runs { learner { key: 'c' value: 1 } }", "runs { learner { key: 'c' value: 10 } }"),
      ElementsAre("runs[0].learner.c: 1 -> 10"));
  EXPECT_THAT(Diff("precision: PRECISION_FP32", "precision: PRECISION_BF16"),
              ElementsAre("precision: fp32 -> bf16"));
  EXPECT_THAT(Diff("budget { wall_time { seconds: 90 } }", "budget { epochs: 2 }"),
              ElementsAre("budget.epochs:  -> 2", "budget.wall_time: 90s -> "));
}

TEST(SpecificationDiffTest, ThreeJobsHaveThreeValues) {
  EXPECT_THAT(Diff({JobOf("seed: 1"), JobOf(""), JobOf("seed: 3")}),
              ElementsAre("seed: 1 ->  -> 3"));
}

TEST(SpecificationDiffTest, WhatIsTooLongIsCut) {
  const std::string long_list = [] {
    std::string text = "optimizer { type: 'unknown' params { key: 'x' value { list_value {";
    for (int i = 0; i < 5000; ++i) text += " values { number_value: 7 }";
    return text + " } } } }";
  }();
  const auto differences = DiffSpecifications({JobOf(long_list), JobOf(kAdam)}, AllCatalogs());
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].values(0).size(), 1003u);
}

}  // namespace
}  // namespace trainyard
