// Whole runs on synthetic data: results, and that they do not depend on threads, stops and resumes.
#include "engine/training/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "engine/layers/winograd.h"
#include "engine/tensor/onednn.h"
#include "tests/engine/formats/temporary_folder.h"
#include "tests/engine/training/run_fixture.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Kind = RunOutcome::Kind;

// Images with noise, dropout and batch norm, a last batch of another size, more than one group of
// samples.
constexpr char kImages[] = R"(
  data {
    source { type: "synthetic_images" params { key: "samples" value { number_value: 330 } }
             params { key: "test_samples" value { number_value: 100 } } params { key: "height" value { number_value: 32 } }
             params { key: "width" value { number_value: 32 } }
             params { key: "separation" value { number_value: 40 } } }
    split { validation: 0.1 }
    transforms { type: "standardize" }
    augment { type: "random_flip" }
  }
  model {
    initializer { type: "he" }
    layers { type: "conv2d" params { key: "filters" value { number_value: 20 } }
             params { key: "kernel" value { number_value: 3 } } }
    layers { type: "batch_norm" }
    layers { type: "relu" }
    layers { type: "max_pool" params { key: "size" value { number_value: 2 } } }
    layers { type: "flatten" }
    layers { type: "dropout" params { key: "rate" value { number_value: 0.2 } } }
    layers { type: "dense" params { key: "units" value { number_value: 4 } } }
  }
  loss { type: "softmax_cross_entropy" }
  optimizer { type: "adam" params { key: "learning_rate" value { number_value: 0.005 } } }
  schedule { type: "cosine" }
  batch_size: 64
  budget { epochs: 4 }
  metrics { type: "accuracy" }
  metrics { type: "confusion" }
  monitoring { every_steps: 1 }
  seed: 3
)";

TEST_F(RunTest, TrainsAndReports) {
  RecordingSink sink;
  const RunOutcome outcome = Run(Parse(kImages), sink);
  ASSERT_EQ(outcome.kind, Kind::kSucceeded) << outcome.message;
  EXPECT_TRUE(sink.events.front().has_attempt_started());
  EXPECT_EQ(sink.events.front().attempt_started().total_steps(), 20u);
  EXPECT_GT(sink.Last("test/accuracy"), 0.5);
  EXPECT_LT(sink.Last("train/loss"), 2.0);
  EXPECT_GT(sink.Last("health/conv2d_0/gradient_rms"), 0);
  EXPECT_GE(sink.Last("health/relu_2/dead_units"), 0);
  EXPECT_EQ(sink.files.count("model.safetensors"), 1u);
  int steps = 0;
  bool confusion = false;
  for (const v1::Event& event : sink.events) {
    steps += event.has_progress() ? 1 : 0;
    confusion |= event.matrix().series() == "test/confusion" && event.matrix().values_size() == 16;
  }
  EXPECT_EQ(steps, 20);
  EXPECT_TRUE(confusion);
}

TEST_F(RunTest, RecordsByWhichAlgorithmLayersAreComputed) {
  v1::Specification specification = Parse(kImages);
  // 32 channels at stride 1 go by minimal filtering where the machine can, the single one of the
  // data never.
  for (const int replaced : {2, 3}) {
    v1::Layer& layer = *specification.mutable_model()->mutable_layers(replaced);
    layer = specification.model().layers(0);
    (*layer.mutable_params())["filters"].set_number_value(32);
    (*layer.mutable_params())["padding"].set_string_value("same");
  }
  RecordingSink sink;
  ASSERT_EQ(Run(specification, sink).kind, Kind::kSucceeded);
  std::vector<std::string> told;
  for (const v1::Event& event : sink.events) {
    if (absl::StartsWith(event.log().text(), "by ")) told.push_back(event.log().text());
  }
  if (layers::winograd::Supported()) {
    EXPECT_THAT(told, ElementsAre("by direct convolution: conv2d_0",
                                  "by minimal filtering F(4x4, 3x3): conv2d_2, conv2d_3"));
  } else {
    EXPECT_THAT(told, ElementsAre("by direct convolution: conv2d_0, conv2d_2, conv2d_3"));
  }
}

TEST_F(RunTest, MeasuresHealthNotInEachOfManyShortEpochs) {
  v1::Specification specification = Parse(kImages);
  specification.mutable_budget()->set_epochs(12);  // of 5 steps
  RecordingSink sink;
  ASSERT_EQ(Run(specification, sink).kind, Kind::kSucceeded);
  std::vector<uint64_t> measured;
  for (const v1::Event& event : sink.events) {
    for (const v1::MetricValue& value : event.metrics().values()) {
      if (value.series() == "health/conv2d_0/gradient_rms")
        measured.push_back(event.metrics().step());
    }
  }
  // Two early ones, and the last full batch of the fifth, the tenth and the last epoch.
  EXPECT_THAT(measured, ElementsAre(1, 24, 31, 49, 59));
}

TEST_F(RunTest, BitsDoNotDependOnThreads) {
  RecordingSink one;
  ASSERT_EQ(Run(Parse(kImages), one, 1).kind, Kind::kSucceeded);
  for (const int threads : {2, 3, 7}) {
    RecordingSink many;
    ASSERT_EQ(Run(Parse(kImages), many, threads).kind, Kind::kSucceeded);
    EXPECT_EQ(one.files["model.safetensors"], many.files["model.safetensors"])
        << threads << " threads";
  }
}

// A relu behind a batch norm or a sum is done by them, and one before a maximum by that; a dropout
// of nothing between keeps them apart.
TEST_F(RunTest, AReluDoneByAnotherLayerChangesNoBit) {
  constexpr char kResidual[] = R"(
    layers { type: "conv2d" name: "stem" params { key: "filters" value { number_value: 20 } }
             params { key: "kernel" value { number_value: 3 } } }
    layers { type: "batch_norm" }
    $0
    layers { type: "relu" name: "first" }
    layers { type: "add" inputs: "stem" inputs: "first" }
    $1
    layers { type: "relu" name: "second" }
    layers { type: "conv2d" params { key: "filters" value { number_value: 9 } }
             params { key: "kernel" value { number_value: 2 } } }
    layers { type: "relu" name: "third" }
    $2
    layers { type: "max_pool" params { key: "size" value { number_value: 2 } } }
    layers { type: "global_avg_pool" }
    layers { type: "dense" name: "head" params { key: "units" value { number_value: 4 } } })";
  constexpr char kApart[] =
      R"(layers { type: "dropout" params { key: "rate" value { number_value: 0 } } })";
  const auto model_of = [&](const std::string& between) {
    v1::Specification specification = Parse(kImages);
    specification.clear_model();
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        absl::Substitute(kResidual, between, between, between), specification.mutable_model()));
    RecordingSink sink;
    EXPECT_EQ(Run(specification, sink).kind, Kind::kSucceeded);
    std::vector<double> losses;
    for (const v1::Event& event : sink.events) {
      if (event.has_progress()) losses.push_back(event.progress().loss());
    }
    losses.push_back(sink.Last("test/loss"));
    for (const char* relu : {"second", "third"})
      losses.push_back(sink.Last(absl::StrCat("health/", relu, "/dead_units")));
    return losses;
  };
  EXPECT_EQ(model_of(""), model_of(kApart));
}

TEST_F(RunTest, Bfloat16TrainsAsWellWithItsOwnBits) {
  v1::Specification specification = Parse(kImages);
  specification.set_precision(v1::PRECISION_BF16);
  RecordingSink one, two, exact;
  ASSERT_EQ(Run(specification, one).kind, Kind::kSucceeded);
  ASSERT_EQ(Run(specification, two, /*threads=*/2).kind, Kind::kSucceeded);
  EXPECT_EQ(one.files["model.safetensors"], two.files["model.safetensors"]);
  ASSERT_EQ(Run(Parse(kImages), exact).kind, Kind::kSucceeded);
  EXPECT_NEAR(one.Last("test/loss"), exact.Last("test/loss"), 0.05);
  EXPECT_EQ(onednn::HasBfloat16(),
            one.files["model.safetensors"] != exact.files["model.safetensors"]);
}

TEST_F(RunTest, GoesOnFromACheckpointWithTheSameBits) {
  ExpectSameBitsAfterStops(Parse(kImages), {1, 4, 5, 7, 19});  // 5 steps an epoch
}

// A block of a GPT on several groups of samples, with a last batch of another size.
constexpr char kSequences[] = R"(
  data { source { type: "synthetic_text" params { key: "samples" value { number_value: 300 } }
                  params { key: "test_samples" value { number_value: 20 } }
                  params { key: "context" value { number_value: 70 } }
                  params { key: "vocabulary" value { number_value: 16 } }
                  params { key: "branches" value { number_value: 2 } } }
         split { validation: 0.1 } }
  model {
    initializer { type: "normal" params { key: "stddev" value { number_value: 0.1 } } }
    layers { type: "embedding" params { key: "vocabulary" value { number_value: 16 } }
             params { key: "features" value { number_value: 24 } } }
    layers { type: "positional_embedding" name: "x" }
    layers { type: "layer_norm" }
    layers { type: "self_attention" name: "a" params { key: "heads" value { number_value: 3 } } }
    layers { type: "add" inputs: "x" inputs: "a" name: "y" }
    layers { type: "dense" params { key: "units" value { number_value: 48 } } }
    layers { type: "relu" }
    layers { type: "dropout" params { key: "rate" value { number_value: 0.1 } } }
    layers { type: "dense" params { key: "units" value { number_value: 24 } } name: "b" }
    layers { type: "add" inputs: "y" inputs: "b" }
    layers { type: "layer_norm" }
    layers { type: "dense" params { key: "units" value { number_value: 16 } } }
  }
  loss { type: "softmax_cross_entropy" }
  optimizer { type: "adamw" params { key: "learning_rate" value { number_value: 0.01 } } }
  batch_size: 40
  clip_gradient_norm: 1
  budget { epochs: 6 }
  metrics { type: "perplexity" }
  metrics { type: "accuracy" }
  monitoring { every_steps: 1 }
  seed: 3
)";

TEST_F(RunTest, SequencesNearWhatCanBeKnownWithTheSameBitsOnAnyThreads) {
  RecordingSink one;
  const RunOutcome outcome = Run(Parse(kSequences), one);
  ASSERT_EQ(outcome.kind, Kind::kSucceeded) << outcome.message;
  // Two symbols may follow each: no better than a perplexity of 2.
  EXPECT_GT(one.Last("test/perplexity"), 1.95);
  EXPECT_LT(one.Last("test/perplexity"), 3);
  EXPECT_NEAR(one.Last("test/perplexity"), std::exp(one.Last("test/loss")), 1e-4);
  EXPECT_GT(one.Last("train/accuracy"), 0.4);
  EXPECT_LT(one.Last("train/accuracy"), 0.6);
  for (const int threads : {2, 3}) {
    RecordingSink many;
    ASSERT_EQ(Run(Parse(kSequences), many, threads).kind, Kind::kSucceeded);
    EXPECT_EQ(one.files["model.safetensors"], many.files["model.safetensors"]);
  }
}

TEST_F(RunTest, PredictsEveryPositionOfASequence) {
  RecordingSink trained;
  ASSERT_EQ(Run(Parse(kSequences), trained).kind, Kind::kSucceeded);
  v1::Specification specification;
  specification.mutable_predict()->set_part("test");
  specification.mutable_predict()->set_first(3);
  specification.mutable_predict()->set_count(2);
  RecordingSink sink;
  RunOptions options;
  options.catalogs = &catalogs_;
  options.clock = &clock_;
  options.cancel = &cancel_;
  const RunOutcome outcome = RunPrediction(specification, Parse(kSequences),
                                           trained.files["model.safetensors"], options, sink);
  ASSERT_EQ(outcome.kind, Kind::kSucceeded) << outcome.message;
  const std::string& table = sink.files["predictions.csv"];
  EXPECT_EQ(table.rfind("sample,position,label,predicted,probability\n3,0,", 0), 0u);
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 1 + 2 * 70);
  EXPECT_NE(table.find("\n4,69,"), std::string::npos);
}

TEST_F(RunTest, SeedsGiveOtherModels) {
  RecordingSink a, b;
  v1::Specification specification = Parse(kImages);
  Run(specification, a);
  specification.set_seed(4);
  Run(specification, b);
  EXPECT_NE(a.files["model.safetensors"], b.files["model.safetensors"]);
}

TEST_F(RunTest, StopsWhenCancelled) {
  RecordingSink sink;
  sink.on_event = [&](const v1::Event& event) {
    if (event.progress().step() == 3) cancel_.Cancel(CancelToken::Reason::kCancelled);
  };
  EXPECT_EQ(Run(Parse(kImages), sink).kind, Kind::kCancelled);
  EXPECT_EQ(sink.events.back().progress().step(), 3u);
}

TEST_F(RunTest, SaysThatItDiverged) {
  v1::Specification specification = Parse(kImages);
  specification.mutable_model()->mutable_layers()->DeleteSubrange(
      1, 1);  // batch_norm would hold it together
  specification.mutable_optimizer()->set_type("sgd");
  (*specification.mutable_optimizer()->mutable_params())["learning_rate"].set_number_value(1e6);
  RecordingSink sink;
  const RunOutcome outcome = Run(specification, sink);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "DIVERGED");
  EXPECT_THAT(outcome.message, HasSubstr("smaller learning rate"));
}

// Two layers of one unit, w = b = 0 but for the initial weights, and one step.
constexpr char kLine[] = R"(
  data { source { type: "synthetic_regression" params { key: "samples" value { number_value: 64 } }
                  params { key: "features" value { number_value: 1 } } } }
  model {
    initializer { type: "constant" params { key: "value" value { number_value: 1e12 } } }
    layers { type: "dense" params { key: "units" value { number_value: 1 } } }
    layers { type: "dense" params { key: "units" value { number_value: 1 } } }
  }
  loss { type: "mean_squared_error" }
  optimizer { type: "sgd" params { key: "learning_rate" value { number_value: 1e6 } } }
  batch_size: 32
  budget { steps: 1 }
)";

// The loss of the only step, 10^48, is a number; the gradient times the rate, 10^42, is beyond a
// float.
TEST_F(RunTest, ALastUpdateToInfinityIsDivergence) {
  RecordingSink sink;
  const RunOutcome outcome = Run(Parse(kLine), sink);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "DIVERGED");
  EXPECT_THAT(outcome.message, HasSubstr("a weight is no longer a number at step 1"));
  EXPECT_EQ(sink.files.count("model.safetensors"), 0u);
}

// The weights become 10^33 and their product infinite.
TEST_F(RunTest, AnInfiniteLossOfTheLastEvaluationIsDivergence) {
  v1::Specification specification = Parse(kLine);
  (*specification.mutable_model()->mutable_initializer()->mutable_params())["value"]
      .set_number_value(1e9);
  specification.mutable_data()->mutable_split()->set_validation(0.5);
  RecordingSink sink;
  const RunOutcome outcome = Run(specification, sink);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "DIVERGED");
  EXPECT_THAT(outcome.message, HasSubstr("the loss on held-out samples is"));
}

// Every look at it takes 5 ms.
class TickingClock final : public Clock {
 public:
  std::chrono::nanoseconds Now() const override { return Monotonic(); }
  std::chrono::nanoseconds Monotonic() const override {
    now_ += std::chrono::milliseconds(5);
    return now_;
  }

 private:
  mutable std::chrono::nanoseconds now_{0};
};

TEST_F(RunTest, EvaluatingAfterEveryStepHidesNoProgress) {
  v1::Specification specification = Parse(kImages);
  specification.mutable_monitoring()->clear_every_steps();
  specification.mutable_evaluation()->set_every_steps(1);
  specification.set_batch_size(8);
  specification.mutable_budget()->set_epochs(1);
  const TickingClock clock;
  RunOptions options;
  options.catalogs = &catalogs_;
  options.clock = &clock;
  options.cancel = &cancel_;
  RecordingSink sink;
  ASSERT_EQ(RunTraining(specification, options, sink).kind, Kind::kSucceeded);
  int reports = 0;
  for (const v1::Event& event : sink.events) {
    if (!event.has_progress()) continue;
    ++reports;
    // A step looks at the clock twice, evaluations aside.
    EXPECT_LE(event.progress().samples_per_second(), 8 / 0.005) << event.progress().step();
    if (event.progress().step() > 1) {
      EXPECT_LE(event.progress().samples_per_second(), 8 / 0.009) << event.progress().step();
    }
  }
  EXPECT_GE(reports, 4);  // of 37 steps; the first and the last are always told
}

TEST_F(RunTest, JudgesEveryPartWhenItsTimeIsSpent) {
  v1::Specification specification = Parse(kImages);
  specification.mutable_budget()->mutable_wall_time()->set_seconds(10);
  RecordingSink sink;
  sink.on_event = [&](const v1::Event& event) {
    if (event.has_progress()) clock_.Advance(std::chrono::seconds(3));
  };
  ASSERT_EQ(Run(specification, sink).kind, Kind::kSucceeded);
  std::map<std::string, uint64_t> judged_at;
  for (const v1::Event& event : sink.events) {
    for (const v1::MetricValue& value : event.metrics().values())
      judged_at[value.series()] = event.metrics().step();
  }
  EXPECT_EQ(judged_at["validation/loss"], 4u);
  EXPECT_EQ(judged_at["test/loss"], 4u);
}

TEST_F(RunTest, RefusesInitialWeightsThatAreNoFile) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo(folder.PathOf("pipe").c_str(), 0600), 0);
  roots_.folders = {folder.path()};
  v1::Specification specification = Parse(kLine);
  specification.mutable_model()->set_initial_weights("pipe");
  RecordingSink sink;
  const RunOutcome outcome = Run(specification, sink);
  EXPECT_EQ(outcome.reason, "DATA_ERROR");
  EXPECT_EQ(outcome.message, "model.initial_weights: pipe: is no regular file");
  folder.Write("text", "not weights");
  specification.mutable_model()->set_initial_weights("text");
  EXPECT_THAT(Run(specification, sink).message, HasSubstr("model.initial_weights: text: "));
}

TEST_F(RunTest, EndsWithItsBudgetOfTime) {
  v1::Specification specification = Parse(kImages);
  specification.mutable_budget()->mutable_wall_time()->set_seconds(10);
  RecordingSink sink;
  sink.on_event = [&](const v1::Event& event) {
    if (event.has_progress()) clock_.Advance(std::chrono::seconds(3));
  };
  EXPECT_EQ(Run(specification, sink).kind, Kind::kSucceeded);
  uint64_t last = 0;
  for (const v1::Event& event : sink.events) last = std::max(last, event.progress().step());
  EXPECT_EQ(last, 4u);
}

TEST_F(RunTest, AFullDiskCostsCheckpointsAndNotTheJob) {
  v1::Specification specification = Parse(kImages);
  specification.mutable_checkpoint()->set_every_steps(3);
  RecordingSink sink;
  int warnings = 0;
  sink.full = true;
  sink.on_event = [&](const v1::Event& event) {
    if (event.has_log() && event.log().severity() == v1::WARNING) ++warnings;
    if (event.has_progress() && event.progress().step() == event.progress().total_steps())
      sink.full = false;
  };
  EXPECT_EQ(Run(specification, sink).kind, Kind::kSucceeded);
  EXPECT_GT(warnings, 0);
  EXPECT_EQ(sink.files.count("checkpoint"), 0u);
  EXPECT_EQ(sink.files.count("model.safetensors"), 1u);

  sink.on_event = nullptr;
  sink.full = true;
  const RunOutcome outcome = Run(specification, sink);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "DISK_FULL");
}

TEST_F(RunTest, RefusesABrokenCheckpoint) {
  RecordingSink sink;
  const RunOutcome outcome = Run(Parse(kImages), sink, 1, "not a checkpoint");
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "CHECKPOINT_CORRUPT");
}

TEST_F(RunTest, PredictsWithTheModel) {
  RecordingSink trained;
  ASSERT_EQ(Run(Parse(kImages), trained).kind, Kind::kSucceeded);
  v1::Specification predict;
  predict.mutable_predict()->set_part("test");
  predict.mutable_predict()->set_count(100);
  RunOptions options;
  options.catalogs = &catalogs_;
  options.clock = &clock_;
  options.cancel = &cancel_;
  RecordingSink sink;
  const RunOutcome outcome =
      RunPrediction(predict, Parse(kImages), trained.files["model.safetensors"], options, sink);
  ASSERT_EQ(outcome.kind, Kind::kSucceeded) << outcome.message;
  const std::string& table = sink.files["predictions.csv"];
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 101);
  EXPECT_EQ(table.rfind("sample,label,predicted,probability\n0,", 0), 0u) << table.substr(0, 100);
}

// The table has one row a class; its columns have other places than in the table trained on.
TEST_F(RunTest, PredictsOtherSamplesAsItReadItsOwn) {
  TemporaryFolder folder;
  std::string table = "age,town,bought\n";
  for (int i = 0; i < 200; ++i)
    table += absl::StrCat(1000 + i, i % 2 == 0 ? ",Rome,yes\n" : ",Bonn,no\n");
  folder.Write("train.csv", table);
  folder.Write("new.csv", "town,id,age\nBonn,1,1001\nRome,2,1001\n");
  v1::Specification specification = Parse(R"(
    data { source { type: "csv" params { key: "path" value { string_value: "train.csv" } } }
           transforms { type: "standardize" } }
    model { layers { type: "dense" params { key: "units" value { number_value: 2 } } } initializer { type: "he" } }
    loss { type: "softmax_cross_entropy" }
    optimizer { type: "adam" params { key: "learning_rate" value { number_value: 0.1 } } }
    batch_size: 128
    budget { epochs: 60 }
  )");
  RunOptions options;
  options.catalogs = &catalogs_;
  options.clock = &clock_;
  options.cancel = &cancel_;
  options.roots.folders = {folder.path()};
  RecordingSink trained;
  const RunOutcome training = RunTraining(specification, options, trained);
  ASSERT_EQ(training.kind, Kind::kSucceeded) << training.message;
  std::filesystem::remove(folder.path() + "/train.csv");  // the model file is enough

  const v1::Specification predict = Parse(R"(predict {
    data { source { type: "csv" params { key: "path" value { string_value: "new.csv" } } } }
    part: "all" count: 2 })");
  RecordingSink sink;
  const RunOutcome outcome =
      RunPrediction(predict, specification, trained.files["model.safetensors"], options, sink);
  ASSERT_EQ(outcome.kind, Kind::kSucceeded) << outcome.message;
  EXPECT_THAT(sink.files["predictions.csv"],
              MatchesRegex("sample,label,predicted,probability\n0,,no,[01]\\.[0-9]*\n"
                           "1,,yes,[01]\\.[0-9]*\n"));
}

}  // namespace
}  // namespace trainyard
