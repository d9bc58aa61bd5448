#include "client/lib/specification_file.h"

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/lib/spec_to_tree.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/temporary_folder.h"

namespace trainyard::client {
namespace {

constexpr char kYaml[] = R"(name: net
data:
  source: {type: idx, path: fashion-mnist}
  split: {validation: 0.1, stratify: true}
  transforms: [standardize]
model:
  layers:
    - flatten
    - {type: dense, units: 10, initializer: {type: normal, stddev: 0.01}}
    - {type: conv2d, kernel: [3, 5], padding: same, bias: false, name: c, inputs: [input]}
loss: softmax_cross_entropy
batch_size: 128
budget: {epochs: 2, wall_time: 10m}
precision: fp32
)";

v1::Specification Parse(const std::string& text, const std::string& path = "f.yaml",
                        const std::vector<std::string>& overrides = {}) {
  const absl::StatusOr<SpecificationFile> file = ParseSpecification(text, path, overrides);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? file->specification : v1::Specification();
}

std::string ErrorOf(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const absl::StatusOr<SpecificationFile> file = ParseSpecification(text, "f.yaml", overrides);
  EXPECT_FALSE(file.ok());
  return file.ok() ? "" : Message(file.status());
}

TEST(ParseSpecification, ReadsYaml) {
  const v1::Specification spec = Parse(kYaml);
  EXPECT_EQ(spec.name(), "net");
  EXPECT_EQ(spec.data().source().params().at("path").string_value(), "fashion-mnist");
  EXPECT_TRUE(spec.data().split().stratify());
  EXPECT_EQ(spec.data().transforms(0).type(), "standardize");
  ASSERT_EQ(spec.model().layers_size(), 3);
  EXPECT_EQ(spec.model().layers(1).params().at("units").number_value(), 10);
  EXPECT_EQ(spec.model()
                .layers(1)
                .params()
                .at("initializer")
                .struct_value()
                .fields()
                .at("stddev")
                .number_value(),
            0.01);
  EXPECT_EQ(spec.model().layers(2).params().at("kernel").list_value().values_size(), 2);
  EXPECT_FALSE(spec.model().layers(2).params().at("bias").bool_value());
  EXPECT_EQ(spec.model().layers(2).name(), "c");
  EXPECT_EQ(spec.model().layers(2).inputs(0), "input");
  EXPECT_EQ(spec.budget().wall_time().seconds(), 600);
  EXPECT_EQ(spec.precision(), v1::PRECISION_FP32);
}

TEST(ParseSpecification, WritesAndReadsBackTheSame) {
  const v1::Specification spec = Parse(kYaml);
  const Node tree = TreeFromMessage(spec);
  const std::string yaml = WriteYaml(tree);
  EXPECT_EQ(Parse(yaml).SerializeAsString().size(), spec.SerializeAsString().size()) << yaml;
  EXPECT_EQ(Parse(yaml).ShortDebugString(), spec.ShortDebugString()) << yaml;
  EXPECT_EQ(Parse(WriteJson(tree), "f.json").ShortDebugString(), spec.ShortDebugString());
  EXPECT_EQ(Parse(WriteJsonLine(tree), "f.json").ShortDebugString(), spec.ShortDebugString());
}

TEST(ParseSpecification, ReadsTextProto) {
  std::string text = Parse(kYaml).DebugString();
  EXPECT_EQ(Parse(text, "f.textproto").ShortDebugString(), Parse(kYaml).ShortDebugString());
  EXPECT_EQ(Parse(text, "spec", {"batch_size=64"}).batch_size(), 64u);
}

TEST(ParseSpecification, SaysWhereATextProtoIsWrong) {
  const auto file = ParseSpecification("name: \"a\"\nmodle {}\n", "f.textproto", {});
  EXPECT_TRUE(absl::StrContains(Message(file.status()), "f.textproto:2:")) << file.status();
}

TEST(ParseSpecification, KnowsThePlacesOfATextProto) {
  const auto file = ParseSpecification("name: \"a\"\nmodel {\n  layers { type: \"dense\" }\n}\n",
                                       "f.textproto", {});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->sources.Describe({"model.layers[0].units", "is required"}),
            "f.textproto:3:3: model.layers[0].units: is required");
}

TEST(ParseSpecification, TakesProtobufJson) {
  const v1::Specification spec = Parse(
      R"({"batchSize": 64, "model": {"layers": [{"type": "dense", "params": {"units": 10}}]},
          "budget": {"steps": "1000", "wallTime": "90s"}, "precision": "PRECISION_FP32"})",
      "f.json");
  EXPECT_EQ(spec.batch_size(), 64u);
  EXPECT_EQ(spec.model().layers(0).params().at("units").number_value(), 10);
  EXPECT_EQ(spec.budget().steps(), 1000u);
  EXPECT_EQ(spec.budget().wall_time().seconds(), 90);
}

TEST(ParseSpecification, NamesAfterTheFile) {
  EXPECT_EQ(Parse("batch_size: 1\n", "specs/My_Net.v2.yaml").name(), "my-net-v2");
  EXPECT_EQ(Parse("name: x\n", "specs/other.yaml").name(), "x");
  EXPECT_EQ(Parse("batch_size: 1\n", "standard input").name(), "");
}

TEST(ParseSpecification, NamesTheNearestField) {
  EXPECT_EQ(ErrorOf("bach_size: 5\n"),
            "f.yaml:1:1: bach_size: unknown field; did you mean 'batch_size'?");
  EXPECT_EQ(ErrorOf("budget:\n  epoch: 5\n"),
            "f.yaml:2:3: budget.epoch: unknown field; did you mean 'epochs'?");
}

TEST(ParseSpecification, TellsEveryViolationAtOnce) {
  const std::string error =
      ErrorOf("batch_size: -1\nseed: x\nbudget: {epochs: 1.5}\ndata: {split: {test: .nan}}\n");
  EXPECT_TRUE(absl::StrContains(error, "f.yaml:1:13: batch_size: must be a whole number"));
  EXPECT_TRUE(absl::StrContains(error, "f.yaml:2:7: seed: must be a whole number"));
  EXPECT_TRUE(absl::StrContains(error, "f.yaml:3:18: budget.epochs: must be a whole number"));
  EXPECT_TRUE(absl::StrContains(error, "f.yaml:4:22: data.split.test: must be a finite number"));
}

TEST(ParseSpecification, RefusesWrongKinds) {
  EXPECT_TRUE(absl::StrContains(ErrorOf("- a\n- b\n"), "expected a map with name, data"));
  EXPECT_TRUE(
      absl::StrContains(ErrorOf("budget: 5\n"), "f.yaml:1:9: budget: expected a map with epochs"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("batch_size: [1]\n"), "expected a single value"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("seed:\n"), "has no value"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("precision: fp31\n"), "did you mean 'fp32'?"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("data: {split: {stratify: yes}}\n"),
                                "must be true or false, not 'yes'"));
  EXPECT_TRUE(
      absl::StrContains(ErrorOf("budget: {wall_time: soon}\n"), "must be a duration such as"));
}

TEST(ParseSpecification, ExplainsComponentsWithoutType) {
  EXPECT_EQ(ErrorOf("model:\n  layers:\n    - dense: {units: 3}\n"),
            "f.yaml:3:7: model.layers[0]: has no 'type'; write {type: dense, and its parameters "
            "beside it}");
}

TEST(ParseSpecification, RefusesParametersThatCannotTravel) {
  EXPECT_TRUE(
      absl::StrContains(ErrorOf("loss: {type: a, b: .inf}\n"), "loss.b: must be a finite number"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("loss: {type: a, b: 123456789012345678}\n"),
                                "too large to be exact"));
  EXPECT_TRUE(absl::StrContains(ErrorOf("loss: {type: a, b: }\n"), "loss.b: has no value"));
  EXPECT_TRUE(
      absl::StrContains(ErrorOf("loss: {type: a, b: 1, params: {b: 2}}\n"), "is given twice"));
}

TEST(ParseSpecification, PlacesTheServersViolations) {
  const SourceMap sources =
      ParseSpecification(kYaml, "f.yaml", {"optimizer={type: sgd, learning_rate: -1}"})->sources;
  EXPECT_EQ(sources.Describe({"model.layers[1].units", "must be >= 1"}),
            "f.yaml:9:28: model.layers[1].units: must be >= 1");
  EXPECT_EQ(sources.Describe({"model.layers[1].rate", "unknown"}),
            "f.yaml:9:7: model.layers[1].rate: unknown");
  EXPECT_EQ(
      sources.Describe({"optimizer.learning_rate", "must be > 0"}),
      "override 'optimizer={type: sgd, learning_rate: -1}': optimizer.learning_rate: must be > 0");
  EXPECT_EQ(sources.Describe({"seed", "odd"}), "f.yaml:1:1: seed: odd");
}

TEST(ReadSpecification, NamesAMissingFile) {
  const auto file = ReadSpecification("/nowhere/spec.yaml", {});
  EXPECT_EQ(file.status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(Message(file.status()), "/nowhere/spec.yaml"));
  EXPECT_FALSE(ReadSpecification("/", {}).ok());
}

TEST(ReadSpecification, ReadsEveryExample) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TRAINYARD_SPECS)) {
    if (entry.path().extension() != ".yaml") continue;
    const auto file = ReadSpecification(entry.path().string(), {"seed=5"});
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->specification.seed(), 5u);
    std::string stem = entry.path().stem().string();
    for (char& c : stem) c = c == '_' ? '-' : c;
    EXPECT_EQ(file->specification.name(), stem);
    EXPECT_EQ(Parse(WriteYaml(TreeFromMessage(file->specification))).ShortDebugString(),
              file->specification.ShortDebugString());
    ++count;
  }
  EXPECT_GE(count, 8);
}

}  // namespace
}  // namespace trainyard::client
