#include <filesystem>

#include "client/lib/spec_to_tree.h"
#include "client/lib/specification_file.h"
#include "engine/base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace trainyard::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kStudy[] = R"(data:
  source: {type: idx, path: fashion-mnist}
  split: {validation: 0.1}
sizes: [100, 1000, 54000]
seeds: 3
forecast_sizes: 540000
contenders:
  - name: hog
    family: traditional
    transforms: [{type: hog, cell: 4}, standardize]
    specification: {model: {layers: [flatten, {type: dense, units: 10}]}, loss: hinge}
    candidates:
      - {learner: {c: 1, gamma: 0.05}}
      - {weight_decay: 1e-4}
  - name: mlp
    family: NETWORK
    least_steps: 500
    specification:
      model: {layers: [flatten, relu]}
      optimizer: adam
resources: {cores: 2}
)";

v1::StudySpecification Parse(const std::string& text, const std::string& path = "scaling.yaml",
                             const std::vector<std::string>& overrides = {}) {
  const absl::StatusOr<StudyFile> file = ParseStudy(text, path, overrides);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? file->specification : v1::StudySpecification();
}

std::string ErrorOf(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const absl::StatusOr<StudyFile> file = ParseStudy(text, "f.yaml", overrides);
  EXPECT_FALSE(file.ok());
  return file.ok() ? "" : Message(file.status());
}

TEST(ParseStudy, ReadsActivationStudies) {
  const v1::StudySpecification study = Parse(R"(data: {source: {type: idx, path: fashion-mnist}}
activation:
  activations: [relu, {type: leaky_relu, slope: 0.1}]
  depths: [2, 8]
  hidden: [{type: dense, units: 64}, activation]
  learning_rates: [0.003, 1]
  training: {loss: softmax_cross_entropy, budget: {steps: 100}}
)");
  const v1::ActivationStudy& activation = study.activation();
  EXPECT_EQ(activation.activations(1).type(), "leaky_relu");
  EXPECT_EQ(activation.activations(1).params().at("slope").number_value(), 0.1);
  EXPECT_EQ(activation.hidden(1).type(), "activation");
  EXPECT_THAT(activation.depths(), ElementsAre(2u, 8u));
  EXPECT_THAT(activation.learning_rates(), ElementsAre(0.003, 1));
  const v1::StudySpecification again = Parse(WriteYaml(TreeFromMessage(study)));
  EXPECT_THAT(again.activation().learning_rates(), ElementsAre(0.003, 1));
  EXPECT_THAT(ErrorOf("activation: {learning_rates: [0.1, fast]}"),
              HasSubstr("activation.learning_rates[1]: must be a finite number, not 'fast'"));
}

TEST(ParseStudy, ReadsYaml) {
  const v1::StudySpecification study = Parse(kStudy);
  EXPECT_EQ(study.name(), "scaling") << "that of the file";
  EXPECT_THAT(study.sizes(), ElementsAre(100, 1000, 54000));
  EXPECT_THAT(study.forecast_sizes(), ElementsAre(540000)) << "one value where a list may stand";
  EXPECT_EQ(study.seeds(), 3u);
  EXPECT_EQ(study.resources().cores(), 2u);
  ASSERT_EQ(study.contenders_size(), 2);
  const v1::Contender& hog = study.contenders(0);
  EXPECT_EQ(hog.family(), v1::TRADITIONAL);
  EXPECT_EQ(hog.transforms(0).params().at("cell").number_value(), 4);
  EXPECT_EQ(hog.transforms(1).type(), "standardize");
  EXPECT_EQ(hog.specification().model().layers(1).params().at("units").number_value(), 10);
  EXPECT_EQ(hog.candidates(0).learner().at("c"), 1);
  EXPECT_EQ(hog.candidates(0).learner().at("gamma"), 0.05);
  EXPECT_EQ(hog.candidates(1).weight_decay(), 1e-4);
  EXPECT_FALSE(hog.candidates(1).has_learning_rate());
  EXPECT_EQ(study.contenders(1).family(), v1::NETWORK);
  EXPECT_EQ(study.contenders(1).specification().optimizer().type(), "adam");
}

TEST(ParseStudy, WritesAndReadsBackTheSame) {
  const v1::StudySpecification study = Parse(kStudy);
  const std::string yaml = WriteYaml(TreeFromMessage(study));
  EXPECT_THAT(yaml, HasSubstr("sizes: [100, 1000, 54000]\n"));
  EXPECT_THAT(yaml, HasSubstr("family: traditional\n"));
  EXPECT_THAT(yaml, HasSubstr("    candidates:\n      - learner:\n          c: 1\n"));
  EXPECT_EQ(Parse(yaml).ShortDebugString(), study.ShortDebugString()) << yaml;
  EXPECT_EQ(Parse(WriteJson(TreeFromMessage(study)), "f.json").ShortDebugString(),
            study.ShortDebugString());
}

constexpr char kTakeaway[] = R"(name: takeaway
sizes: [100, 1000]
takeaway:
  base: {loss: softmax_cross_entropy}
  factors:
    - name: algorithm
      off: {values: {activation: sigmoid, width: 8, rates: [0.1, 0.2]}}
      on:
        values: {activation: relu, width: 32}
        specification: {model: {layers: [{type: dense, units: $width}, $activation]}}
        candidates: [{learning_rate: 0.01}]
)";

TEST(ParseStudy, ReadsFactorsAndTheirValues) {
  const v1::StudySpecification study = Parse(kTakeaway);
  const v1::Factor& factor = study.takeaway().factors(0);
  EXPECT_EQ(factor.off().values().at("activation").string_value(), "sigmoid");
  EXPECT_EQ(factor.off().values().at("width").number_value(), 8);
  EXPECT_EQ(factor.off().values().at("rates").list_value().values(1).number_value(), 0.2);
  const v1::Model& model = factor.on().specification().model();
  EXPECT_EQ(model.layers(0).params().at("units").string_value(), "$width");
  EXPECT_EQ(model.layers(1).type(), "$activation");
  const std::string yaml = WriteYaml(TreeFromMessage(study));
  EXPECT_EQ(Parse(yaml).ShortDebugString(), study.ShortDebugString()) << yaml;
  EXPECT_THAT(ErrorOf("takeaway: {factors: [{on: {values: {x: }}}]}\n"),
              HasSubstr("takeaway.factors[0].on.values.x: has no value"));
  EXPECT_THAT(ErrorOf("takeaway: {factors: [{on: {value: {x: 1}}}]}\n"),
              HasSubstr("did you mean 'values'?"));
  EXPECT_EQ(Parse(kTakeaway, "t.yaml", {"takeaway.factors[0].on.values.width=64"})
                .takeaway()
                .factors(0)
                .on()
                .values()
                .at("width")
                .number_value(),
            64);
}

TEST(ParseStudy, ReadsTextProtoWithPlaces) {
  const auto file = ParseStudy("sizes: 100\nsizes: 200\ncontenders {\n  name: \"a\"\n}\n",
                               "f.textproto", {"seeds=4"});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->specification.sizes(), ElementsAre(100, 200));
  EXPECT_EQ(file->specification.seeds(), 4u);
  EXPECT_EQ(file->sources.Describe({"contenders[0].name", "is too short"}),
            "f.textproto:4:3: contenders[0].name: is too short");
}

TEST(ParseStudy, TakesOverrides) {
  const v1::StudySpecification study =
      Parse(kStudy, "scaling.yaml",
            {"sizes=[100, 300]", "contenders[1].specification.optimizer.learning_rate=0.01",
             "contenders[0].candidates[0].learner.c=10", "contenders[0].candidates[1]=null"});
  EXPECT_THAT(study.sizes(), ElementsAre(100, 300));
  EXPECT_EQ(
      study.contenders(1).specification().optimizer().params().at("learning_rate").number_value(),
      0.01);
  EXPECT_EQ(study.contenders(0).candidates(0).learner().at("c"), 10);
  EXPECT_EQ(study.contenders(0).candidates_size(), 1);
}

TEST(ParseStudy, KnowsWhereThingsStandWithinContenders) {
  const auto file = ParseStudy(kStudy, "scaling.yaml", {});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->sources.Describe(
                {"contenders[0].specification.model.layers[1].units", "must be at least 1"}),
            "scaling.yaml:11:68: contenders[0].specification.model.layers[1].units: must be at "
            "least 1");
  EXPECT_EQ(file->sources.Describe({"contenders[0].candidates[0].learner.gamma", "is unknown"}),
            "scaling.yaml:13:33: contenders[0].candidates[0].learner.gamma: is unknown");
}

TEST(ParseStudy, TellsEveryViolationWithTheNearestField) {
  const std::string error = ErrorOf(
      "size: [1]\nsizes: [100, x, -3]\nseeds: 99999999999\ncontenders:\n"
      "  - famly: network\n    family: netwrk\n    candidates: [{learner: {c: big}}, {learner: "
      "3}]\n"
      "    specification: {modle: {}}\n");
  EXPECT_THAT(error, HasSubstr("f.yaml:1:1: size: unknown field; did you mean 'sizes'?"));
  EXPECT_THAT(error, HasSubstr("f.yaml:2:14: sizes[1]: must be a whole number"));
  EXPECT_THAT(error, HasSubstr("f.yaml:2:17: sizes[2]: must be a whole number"));
  EXPECT_THAT(error, HasSubstr("f.yaml:3:8: seeds: must be a whole number from 0 to 4294967295"));
  EXPECT_THAT(error, HasSubstr("contenders[0].famly: unknown field; did you mean 'family'?"));
  EXPECT_THAT(error,
              HasSubstr("contenders[0].family: unknown value 'netwrk'; did you mean 'network'?"));
  EXPECT_THAT(error, HasSubstr("f.yaml:7:32: contenders[0].candidates[0].learner.c: must be a "
                               "finite number, not 'big'"));
  EXPECT_THAT(error, HasSubstr("contenders[0].candidates[1].learner: expected a map such as"));
  EXPECT_THAT(error, HasSubstr("contenders[0].specification.modle: unknown field; did you mean "
                               "'model'?"));
}

TEST(ParseStudy, RefusesWhatIsNoStudy) {
  EXPECT_THAT(ErrorOf("- 1\n"), HasSubstr("expected a map with name, data, sizes"));
  EXPECT_THAT(ErrorOf("sizes: {a: 1}\n"), HasSubstr("expected a single value, not a map"));
  EXPECT_THAT(ErrorOf("contenders: [{candidates: [{learner: {c: }}]}]\n"),
              HasSubstr("learner.c: has no value"));
  EXPECT_THAT(ErrorOf("name: a\n", {"sizes"}), HasSubstr("override 'sizes': expected PATH=VALUE"));
  EXPECT_THAT(ErrorOf("name: a\n", {"sizes[3]=1"}), HasSubstr("override 'sizes[3]=1'"));
  EXPECT_FALSE(ReadStudy("/nowhere.yaml", {}).ok());
}

TEST(ParseStudy, ReadsEveryExample) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(TRAINYARD_SPECS "/studies")) {
    const auto file = ReadStudy(entry.path().string(), {"seeds=7"});
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->specification.seeds(), 7u);
    if (file->specification.has_activation()) {
      EXPECT_GE(file->specification.activation().learning_rates_size(), 5) << "to have no edge";
      continue;
    }
    if (file->specification.has_takeaway()) {
      EXPECT_EQ(file->specification.sizes_size(), 2) << "off and on";
    } else {
      EXPECT_GE(file->specification.sizes_size(), 5) << "what laws take";
    }
    EXPECT_GT(file->specification.data().split().validation(), 0);
    ++count;
  }
  EXPECT_GE(count, 2);
}

TEST(ParseStudy, CutsLongNamesOfFiles) {
  EXPECT_EQ(Parse("seeds: 1\n", std::string(70, 'a') + ".yaml").name(), std::string(40, 'a'));
}

}  // namespace
}  // namespace trainyard::client
