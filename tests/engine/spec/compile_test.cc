#include "engine/spec/compile.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/export/safetensors.h"
#include "tests/engine/formats/temporary_folder.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kSmall[] = R"(
  data {
    source { type: "synthetic_gaussian"
             params { key: "samples" value { number_value: 1000 } }
             params { key: "test_samples" value { number_value: 200 } }
             params { key: "features" value { number_value: 8 } }
             params { key: "classes" value { number_value: 3 } } }
    split { validation: 0.1 }
  }
  model { layers { type: "dense" params { key: "units" value { number_value: 3 } } } }
  loss { type: "softmax_cross_entropy" }
  batch_size: 64
  budget { epochs: 2 }
)";

class CompileTest : public ::testing::Test {
 protected:
  static v1::Specification Parse(const std::string& text) {
    v1::Specification specification;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &specification)) << text;
    return specification;
  }
  static v1::Specification Small() { return Parse(kSmall); }

  CompiledSpecification CompileOne(const v1::Specification& specification) {
    violations_ = Violations();
    return Compile(specification, catalogs_, roots_, limits_, violations_);
  }
  std::vector<std::string> PathsOf(const v1::Specification& specification) {
    CompileOne(specification);
    std::vector<std::string> paths;
    for (const Violation& violation : violations_.list()) paths.push_back(violation.path);
    return paths;
  }
  std::string MessageOf(const v1::Specification& specification) {
    CompileOne(specification);
    return violations_.list().size() == 1 ? violations_.list()[0].message
                                          : std::string(violations_.ToStatus().ToString());
  }

  Catalogs catalogs_;
  DataRoots roots_;
  CompileLimits limits_;
  Violations violations_;
};

TEST_F(CompileTest, ProvesShapesAndCounts) {
  const CompiledSpecification compiled = CompileOne(Small());
  ASSERT_TRUE(violations_.empty()) << violations_.ToStatus();
  EXPECT_EQ(compiled.summary.parameters(), 8u * 3 + 3);
  EXPECT_EQ(compiled.summary.train_samples(), 900u);
  EXPECT_EQ(compiled.summary.validation_samples(), 100u);
  EXPECT_EQ(compiled.summary.test_samples(), 200u);
  EXPECT_EQ(compiled.steps_per_epoch, 15);  // 900 / 64, the last of 4
  EXPECT_EQ(compiled.total_steps, 30);
  EXPECT_EQ(compiled.summary.flops_per_step(), 64u * 2 * (2 * 8 * 3));
  EXPECT_GT(compiled.summary.memory_bytes(), 0u);
}

TEST_F(CompileTest, FillsDefaults) {
  const v1::Specification filled = CompileOne(Small()).specification;
  EXPECT_EQ(filled.optimizer().type(), "adam");
  EXPECT_EQ(filled.schedule().type(), "constant");
  EXPECT_EQ(filled.model().initializer().type(), "he");
  ASSERT_EQ(filled.metrics_size(), 1);
  EXPECT_EQ(filled.metrics(0).type(), "accuracy");
  EXPECT_EQ(filled.precision(), v1::PRECISION_FP32);
  EXPECT_EQ(filled.checkpoint().keep(), 2u);
  EXPECT_EQ(filled.resources().cores(), 1u);
  EXPECT_GT(filled.resources().memory_bytes(), 0u);
}

constexpr char kSequences[] = R"(
  data { source { type: "synthetic_text"
                  params { key: "context" value { number_value: 12 } }
                  params { key: "vocabulary" value { number_value: 20 } } } }
  model {
    layers { type: "embedding" params { key: "vocabulary" value { number_value: 20 } }
             params { key: "features" value { number_value: 8 } } }
    layers { type: "dense" params { key: "units" value { number_value: 20 } } }
  }
  loss { type: "softmax_cross_entropy" }
  metrics { type: "perplexity" }
  budget { epochs: 1 }
)";

TEST_F(CompileTest, SequencesHaveClassesAtEveryPosition) {
  const CompiledSpecification compiled = CompileOne(Parse(kSequences));
  ASSERT_TRUE(violations_.empty()) << violations_.ToStatus();
  EXPECT_EQ(compiled.summary.parameters(), 20u * 8 + 8 * 20 + 20);
  v1::Specification specification = Parse(kSequences);
  (*specification.mutable_model()->mutable_layers(1)->mutable_params())["units"].set_number_value(
      5);
  EXPECT_EQ(
      MessageOf(specification),
      "the last layer gives [12, 5], but each of the 12 positions of a sample has 20 classes: "
      "expected [12, 20]; end with {type: dense, units: 20}");
  specification.mutable_model()->mutable_layers(1)->set_type("flatten");
  specification.mutable_model()->mutable_layers(1)->clear_params();
  EXPECT_THAT(MessageOf(specification), HasSubstr("the last layer gives [96]"));
}

TEST_F(CompileTest, AnEmbeddingReadsTheDataAndAllOfItsIds) {
  v1::Specification specification = Parse(kSequences);
  auto& params = *specification.mutable_model()->mutable_layers(0)->mutable_params();
  params["vocabulary"].set_number_value(19);
  EXPECT_THAT(PathsOf(specification), UnorderedElementsAre("model.layers[0].vocabulary"));
  specification = Parse(kSequences);
  *specification.mutable_model()->add_layers() = specification.model().layers(0);
  EXPECT_THAT(MessageOf(specification),
              HasSubstr("embedding reads the ids of the data, not the output of another layer"));
}

TEST_F(CompileTest, IdsAreNotTransformedNorStratified) {
  v1::Specification specification = Parse(kSequences);
  specification.mutable_data()->add_transforms()->set_type("standardize");
  specification.mutable_data()->mutable_split()->set_stratify(true);
  EXPECT_THAT(PathsOf(specification),
              UnorderedElementsAre("data.transforms", "data.split.stratify"));
}

TEST_F(CompileTest, LabelNoiseIsForClasses) {
  v1::Specification specification = Parse(kSequences);
  specification.mutable_data()->mutable_label_noise()->set_share(0.1);
  EXPECT_THAT(PathsOf(specification), UnorderedElementsAre("data.label_noise"));
  specification = Small();
  specification.mutable_data()->mutable_label_noise()->set_share(1);
  EXPECT_THAT(PathsOf(specification), UnorderedElementsAre("data.label_noise.share"));
  specification.mutable_data()->mutable_label_noise()->set_share(0.25);
  EXPECT_EQ(CompileOne(specification).data.label_noise.share, 0.25);
  EXPECT_TRUE(violations_.empty()) << violations_.ToStatus();
}

TEST_F(CompileTest, WhatTransformsGiveIsCountedAsMemory) {
  v1::Specification specification = Small();
  const int64_t plain = CompileOne(specification).data.memory_bytes;
  v1::Component& pca = *specification.mutable_data()->add_transforms();
  pca.set_type("pca");
  (*pca.mutable_params())["components"].set_number_value(3);
  EXPECT_EQ(CompileOne(specification).data.memory_bytes, plain + 1200 * 3 * 4);
  EXPECT_TRUE(violations_.empty()) << violations_.ToStatus();
}

TEST_F(CompileTest, ClipsToAPositiveNorm) {
  v1::Specification specification = Small();
  for (const double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    specification.set_clip_gradient_norm(bad);
    EXPECT_THAT(PathsOf(specification), UnorderedElementsAre("clip_gradient_norm")) << bad;
  }
  specification.set_clip_gradient_norm(0.5);
  EXPECT_THAT(PathsOf(specification), UnorderedElementsAre());
}

TEST_F(CompileTest, AStepTakesSeveralBatches) {
  v1::Specification specification = Small();
  EXPECT_EQ(CompileOne(specification).specification.gradient_accumulation_steps(), 1u);
  const CompiledSpecification one = CompileOne(specification);
  specification.set_gradient_accumulation_steps(4);
  const CompiledSpecification four = CompileOne(specification);
  EXPECT_EQ(four.steps_per_epoch, 4);  // 900 / 256, the last of 132
  EXPECT_EQ(four.total_steps, 8);
  EXPECT_EQ(four.summary.steps(), 8u);
  EXPECT_EQ(four.summary.flops_per_step(), 4 * one.summary.flops_per_step());
  // The sum of gradients.
  EXPECT_GT(four.summary.memory_bytes(), one.summary.memory_bytes());
}

TEST_F(CompileTest, AStepTakesNoMoreThanAnEpoch) {
  v1::Specification specification = Small();
  specification.set_gradient_accumulation_steps(14);  // 896 samples
  EXPECT_THAT(PathsOf(specification), UnorderedElementsAre());
  for (const uint32_t bad : {15u, std::numeric_limits<uint32_t>::max()}) {
    specification.set_gradient_accumulation_steps(bad);
    EXPECT_THAT(PathsOf(specification), UnorderedElementsAre("gradient_accumulation_steps")) << bad;
    EXPECT_THAT(MessageOf(specification),
                HasSubstr("batches of 64 are more than the 900 training samples; use at most 14"));
  }
}

TEST_F(CompileTest, TakesTheShorterBudget) {
  v1::Specification specification = Small();
  specification.mutable_budget()->set_steps(7);
  EXPECT_EQ(CompileOne(specification).total_steps, 7);
  specification.mutable_budget()->set_epochs(0);
  EXPECT_EQ(CompileOne(specification).total_steps, 7);
}

TEST_F(CompileTest, ReportsEveryViolationAtOnce) {
  v1::Specification specification = Small();
  specification.set_name("Not A Name");
  specification.mutable_loss()->set_type("softmax_crossentropy");
  specification.mutable_optimizer()->set_type("adamm");
  specification.mutable_model()->mutable_layers(0)->set_type("dens");
  specification.clear_budget();
  specification.add_metrics()->set_type("mse");
  EXPECT_THAT(PathsOf(specification),
              UnorderedElementsAre("name", "loss.type", "optimizer.type", "model.layers[0].type",
                                   "budget", "metrics[0]"));
}

TEST_F(CompileTest, ChecksLayersEvenWhereTheDataIsWrong) {
  v1::Specification specification = Small();
  specification.mutable_data()->mutable_source()->set_type("synthetic_gausian");
  (*specification.mutable_model()->mutable_layers(0)->mutable_params())["units"].set_number_value(
      -3);
  EXPECT_THAT(PathsOf(specification),
              UnorderedElementsAre("data.source.type", "model.layers[0].units"));
}

TEST_F(CompileTest, ComparesInitialWeightsWithTheModel) {
  const TemporaryFolder folder;
  roots_.folders = {folder.path()};
  v1::Specification specification = Small();
  const auto message_for = [&](const std::string& bytes) {
    folder.Write("weights", bytes);
    specification.mutable_model()->set_initial_weights("weights");
    return MessageOf(specification);
  };
  const NamedTensor weight{"dense_0.weight", {3, 8}, std::vector<float>(24)};
  const NamedTensor bias{"dense_0.bias", {3}, std::vector<float>(3)};
  EXPECT_EQ(message_for(*WriteSafetensors({weight, bias}, {})), "OK");
  EXPECT_EQ(message_for(*WriteSafetensors({weight}, {})),
            "weights: tensor 'dense_0.bias' is missing");
  const NamedTensor wide{"dense_0.weight", {4, 8}, std::vector<float>(32)};
  EXPECT_EQ(message_for(*WriteSafetensors({wide, bias}, {})),
            "weights: tensor 'dense_0.weight' has shape [4, 8], the model has [3, 8]");
  EXPECT_EQ(message_for("not weights"), "weights: the file does not begin as safetensors do");
  const std::string whole = *WriteSafetensors({weight, bias}, {});
  EXPECT_THAT(message_for(whole.substr(0, whole.size() - 1)), HasSubstr("weights: "));
  EXPECT_EQ(violations_.list()[0].path, "model.initial_weights");
}

TEST_F(CompileTest, WantsOneOutputAClass) {
  v1::Specification specification = Small();
  (*specification.mutable_model()->mutable_layers(0)->mutable_params())["units"].set_number_value(
      5);
  EXPECT_THAT(MessageOf(specification),
              HasSubstr("the data has 3 classes; end with {type: dense, units: 3}"));
}

TEST_F(CompileTest, RefusesABatchLargerThanTheData) {
  v1::Specification specification = Small();
  specification.set_batch_size(901);
  EXPECT_EQ(PathsOf(specification), std::vector<std::string>{"batch_size"});
  EXPECT_EQ(MessageOf(specification),
            "901 is larger than the 900 training samples; use at most 900");
}

TEST_F(CompileTest, RefusesWhatDoesNotFitTheServer) {
  v1::Specification specification = Small();
  limits_.cores = 2;
  specification.mutable_resources()->set_cores(3);
  EXPECT_EQ(PathsOf(specification), std::vector<std::string>{"resources.cores"});
  specification = Small();
  limits_.memory_bytes = 1 << 20;
  EXPECT_THAT(MessageOf(specification), HasSubstr("this server has"));
}

TEST_F(CompileTest, RefusesMetricsThatReportOneSeries) {
  v1::Specification specification = Parse(std::string(kSmall) + R"(
    metrics { type: "top_k" params { key: "k" value { number_value: 1 } } }
    metrics { type: "accuracy" }
    metrics { type: "top_k" params { key: "k" value { number_value: 2 } } }
    metrics { type: "calibration_error" }
    metrics { type: "calibration_error" params { key: "bins" value { number_value: 5 } } }
    metrics { type: "top_k" params { key: "k" value { number_value: 1 } } })");
  EXPECT_THAT(PathsOf(specification), UnorderedElementsAre("metrics[4]", "metrics[5]"));
  EXPECT_EQ(violations_.list()[0].message, "already reported by metrics[3]");
  EXPECT_EQ(violations_.list()[1].message, "already reported by metrics[0]");
}

TEST_F(CompileTest, RefusesLessMemoryThanTheEstimate) {
  v1::Specification specification = Small();
  const uint64_t estimate = CompileOne(specification).summary.memory_bytes();
  specification.mutable_resources()->set_memory_bytes(estimate);
  EXPECT_THAT(PathsOf(specification), ::testing::IsEmpty());
  specification.mutable_resources()->set_memory_bytes(estimate - 1);
  EXPECT_EQ(PathsOf(specification), std::vector<std::string>{"resources.memory_bytes"});
  EXPECT_EQ(MessageOf(specification), absl::StrCat(estimate - 1, "; training takes about ",
                                                   estimate, "; ask for that, or leave it out"));
  // A worker runs what has been granted.
  limits_.compare_memory = false;
  EXPECT_THAT(PathsOf(specification), ::testing::IsEmpty());
}

TEST_F(CompileTest, RefusesATrillionParameters) {
  v1::Specification specification = Small();
  v1::Model& model = *specification.mutable_model();
  model.clear_layers();
  for (const double units : {1e6, 1e6, 3.0}) {
    v1::Layer& layer = *model.add_layers();
    layer.set_type("dense");
    (*layer.mutable_params())["units"].set_number_value(units);
  }
  CompileOne(specification);
  ASSERT_EQ(violations_.list().size(), 1u) << violations_.ToStatus();
  EXPECT_EQ(violations_.list()[0].path, "model.layers");
  EXPECT_THAT(violations_.list()[0].message, HasSubstr("parameters; at most"));
}

TEST_F(CompileTest, RefusesEndlessNesting) {
  v1::Specification specification = Small();
  google::protobuf::Value* value = &(*specification.mutable_loss()->mutable_params())["deep"];
  for (int depth = 0; depth < 50; ++depth) value = value->mutable_list_value()->add_values();
  value->set_number_value(1);
  CompileOne(specification);
  EXPECT_FALSE(violations_.empty());
}

class CheckPredictionTest : public CompileTest {
 protected:
  std::string MessageOfPrediction(const std::string& text) {
    violations_ = Violations();
    summary_ = v1::ModelSummary();
    // As the server keeps them of a job that ended.
    CompiledSpecification trained = Compile(Small(), catalogs_, roots_, limits_, violations_);
    const TrainedModel model = {trained.specification, trained.summary, trained.data.info};
    result_ = CheckPrediction(Parse(text), model, catalogs_, roots_, summary_, violations_);
    return violations_.empty() ? ""
                               : violations_.list()[0].path + ": " + violations_.list()[0].message;
  }
  v1::Specification result_;
  v1::ModelSummary summary_;
};

TEST_F(CheckPredictionTest, FillsDefaults) {
  EXPECT_EQ(MessageOfPrediction("predict { job: 'jobs/a' first: 50 }"), "");
  EXPECT_EQ(result_.predict().part(), "test");
  EXPECT_EQ(result_.predict().count(), 150u);
  EXPECT_EQ(summary_.test_samples(), 150u);
  EXPECT_GT(summary_.memory_bytes(), 0u);
}

TEST_F(CheckPredictionTest, TakesOtherSamples) {
  const std::string other =
      "data { source { type: 'synthetic_gaussian' params { key: 'samples' value { number_value: 70 "
      "} } "
      "params { key: 'features' value { number_value: 8 } } } ";
  EXPECT_EQ(MessageOfPrediction("predict { " + other + "} }"), "");
  EXPECT_EQ(result_.predict().part(), "all");
  EXPECT_EQ(result_.predict().count(), 70u);
  EXPECT_THAT(MessageOfPrediction("predict { " + other + "transforms { type: 'standardize' } } }"),
              HasSubstr("predict.data.transforms: not allowed"));
  EXPECT_THAT(MessageOfPrediction("predict { " + other + "label_noise { share: 0.1 } } }"),
              HasSubstr("predict.data.label_noise: not allowed"));
  EXPECT_THAT(MessageOfPrediction("predict { part: 'test' " + other + "} }"),
              HasSubstr("predict.part: the data has no test part; 'all' takes every sample"));
}

TEST_F(CheckPredictionTest, RefusesWhatIsOutside) {
  EXPECT_THAT(MessageOfPrediction("predict { part: 'tset' }"),
              HasSubstr("predict.part: unknown part 'tset'"));
  EXPECT_THAT(MessageOfPrediction("predict { first: 200 }"),
              HasSubstr("predict.first: 200; the test part has 200"));
  EXPECT_THAT(MessageOfPrediction("predict { first: 199 count: 2 }"), HasSubstr("predict.count"));
  EXPECT_THAT(MessageOfPrediction("predict {} budget { epochs: 1 }"),
              HasSubstr("budget: not allowed beside predict"));
}

}  // namespace
}  // namespace trainyard
