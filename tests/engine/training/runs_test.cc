// Several runs in one job: each gives what it gives alone, whatever stops and diverges beside it.
#include "engine/training/runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/spec/runs.h"
#include "tests/engine/training/run_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Kind = RunOutcome::Kind;

constexpr char kTraining[] = R"(
  data { source { type: "synthetic_gaussian" params { key: "samples" value { number_value: 600 } }
                  params { key: "test_samples" value { number_value: 100 } }
                  params { key: "classes" value { number_value: 4 } } }
         split { validation: 0.2 }
         transforms { type: "standardize" } }
  model { layers { type: "dense" params { key: "units" value { number_value: 16 } } }
          layers { type: "relu" }
          layers { type: "dropout" params { key: "rate" value { number_value: 0.2 } } }
          layers { type: "dense" params { key: "units" value { number_value: 4 } } } }
  loss { type: "softmax_cross_entropy" }
  optimizer { type: "adam" params { key: "learning_rate" value { number_value: 0.01 } } }
  batch_size: 32
  budget { epochs: 3 }
)";
constexpr char kDifferent[] = R"(
  runs { seed: 1 } runs { seed: 2 learning_rate: 0.03 } runs { train_size: 200 subset_seed: 4 }
  runs { train_size: 200 subset_seed: 5 seed: 9 } runs { seed: 1 learning_rate: 0.001 }
)";
constexpr char kSeeds[] = "runs { seed: 1 } runs { seed: 2 } runs { seed: 3 }";

class TrainRunsTest : public RunTest {
 protected:
  static std::string ModelOf(RecordingSink& sink, int run) {
    return sink.files[absl::StrCat("runs/", run, "/model.safetensors")];
  }
  static std::vector<v1::RunResult> ResultsOf(const RecordingSink& sink) {
    std::vector<v1::RunResult> results;
    for (const v1::Event& event : sink.events) {
      if (event.has_run_ended()) results.push_back(event.run_ended());
    }
    return results;
  }
};

TEST_F(TrainRunsTest, EachRunGivesTheBitsOfAJobOfItsOwn) {
  const v1::Specification specification = Parse(std::string(kTraining) + kDifferent);
  for (const int threads : {1, 2, 3, 12}) {
    RecordingSink together;
    ASSERT_EQ(Run(specification, together, threads).kind, Kind::kSucceeded);
    for (int i = 0; i < specification.runs_size(); ++i) {
      RecordingSink alone;
      ASSERT_EQ(Run(SpecificationOfRun(specification, i), alone).kind, Kind::kSucceeded);
      EXPECT_EQ(ModelOf(together, i), alone.files["model.safetensors"]) << threads << " " << i;
      for (const char* series : {"train/loss", "validation/accuracy", "test/loss"}) {
        EXPECT_EQ(together.Last(absl::StrCat("runs/", i, "/", series)), alone.Last(series))
            << series << " of run " << i;
      }
    }
  }
}

TEST_F(TrainRunsTest, LearnersHaveRunsToo) {
  v1::Specification specification = Parse(std::string(kTraining) + R"(
    runs { seed: 1 learner { key: "c" value: 0.01 } } runs { seed: 1 learner { key: "c" value: 1 } }
    runs { subset_seed: 3 train_size: 100 })");
  for (const char* field : {"model", "loss", "optimizer", "batch_size", "budget"})
    specification.GetReflection()->ClearField(
        &specification, specification.GetDescriptor()->FindFieldByName(field));
  specification.mutable_learner()->set_type("logistic_regression");
  RecordingSink together;
  ASSERT_EQ(Run(specification, together, 2).kind, Kind::kSucceeded);
  EXPECT_EQ(ResultsOf(together).size(), 3u);
  for (int i = 0; i < specification.runs_size(); ++i) {
    RecordingSink alone;
    ASSERT_EQ(Run(SpecificationOfRun(specification, i), alone).kind, Kind::kSucceeded);
    EXPECT_EQ(ModelOf(together, i), alone.files["model.safetensors"]) << i;
  }
  EXPECT_NE(ModelOf(together, 0), ModelOf(together, 1));
}

TEST_F(TrainRunsTest, EveryRunEndsOnce) {
  RecordingSink sink;
  ASSERT_EQ(Run(Parse(std::string(kTraining) + kDifferent), sink, 2).kind, Kind::kSucceeded);
  std::set<uint32_t> ended;
  for (const v1::RunResult& result : ResultsOf(sink)) {
    EXPECT_TRUE(ended.insert(result.run()).second);
    EXPECT_EQ(result.state(), v1::SUCCEEDED);
    EXPECT_EQ(result.steps(), result.run() == 2 || result.run() == 3 ? 21u : 45u);
    EXPECT_EQ(result.model().name(), absl::StrCat("runs/", result.run(), "/model.safetensors"));
    EXPECT_EQ(result.results_size(), 4);  // accuracy and loss of two parts
  }
  EXPECT_EQ(ended.size(), 5u);
}

TEST_F(TrainRunsTest, ProgressIsThatOfAllRuns) {
  RecordingSink sink;
  ASSERT_EQ(Run(Parse(std::string(kTraining) + kDifferent), sink, 2).kind, Kind::kSucceeded);
  EXPECT_EQ(sink.events.front().attempt_started().total_steps(), 3u * 45 + 2 * 21);
  v1::Progress last;
  for (const v1::Event& event : sink.events) {
    if (event.has_progress()) last = event.progress();
  }
  EXPECT_EQ(last.step(), last.total_steps());
  EXPECT_EQ(last.total_steps(), 3u * 45 + 2 * 21);
  EXPECT_DOUBLE_EQ(last.epoch(), 3);
}

TEST_F(TrainRunsTest, SeedsAloneGiveMeanAndInterval) {
  RecordingSink sink;
  ASSERT_EQ(Run(Parse(std::string(kTraining) + kSeeds), sink).kind, Kind::kSucceeded);
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < 3; ++i) {
    const double loss = sink.Last(absl::StrCat("runs/", i, "/test/loss"));
    sum += loss;
    squares += loss * loss;
  }
  EXPECT_NEAR(sink.Last("test/loss"), sum / 3, 1e-12);
  const double deviation = std::sqrt((squares - sum * sum / 3) / 2);
  EXPECT_NEAR(sink.Last("test/loss/ci95"), 4.3027 * deviation / std::sqrt(3), 1e-6);
}

TEST_F(TrainRunsTest, OtherwiseValidationChooses) {
  RecordingSink sink;
  ASSERT_EQ(Run(Parse(std::string(kTraining) + kDifferent), sink).kind, Kind::kSucceeded);
  int best = 0;
  for (int i = 1; i < 5; ++i) {
    if (sink.Last(absl::StrCat("runs/", i, "/validation/loss")) <
        sink.Last(absl::StrCat("runs/", best, "/validation/loss"))) {
      best = i;
    }
  }
  EXPECT_EQ(sink.Last("test/accuracy"), sink.Last(absl::StrCat("runs/", best, "/test/accuracy")));
  const v1::Artifact& model = sink.events.back().artifact();
  EXPECT_EQ(model.name(), "model.safetensors");
  EXPECT_EQ(model.sha256(), Sha256Hex(ModelOf(sink, best)));
}

TEST_F(TrainRunsTest, WithoutValidationNothingIsChosenByTheTest) {
  v1::Specification specification = Parse(std::string(kTraining) + kDifferent);
  specification.mutable_data()->clear_split();
  RecordingSink sink;
  ASSERT_EQ(Run(specification, sink).kind, Kind::kSucceeded);
  EXPECT_TRUE(std::isnan(sink.Last("test/accuracy")));
  EXPECT_EQ(sink.events.back().artifact().sha256(), Sha256Hex(ModelOf(sink, 0)));
}

TEST_F(TrainRunsTest, ARunThatDivergesIsAResult) {
  v1::Specification specification =
      Parse(std::string(kTraining) + "runs { seed: 1 } runs { learning_rate: 1e6 }");
  specification.mutable_optimizer()->set_type("sgd");
  RecordingSink sink;
  const RunOutcome outcome = Run(specification, sink, 2);
  EXPECT_EQ(outcome.kind, Kind::kSucceeded);
  EXPECT_THAT(outcome.message, HasSubstr("1 of 2 runs diverged"));
  for (const v1::RunResult& result : ResultsOf(sink)) {
    EXPECT_EQ(result.state(), result.run() == 1 ? v1::FAILED : v1::SUCCEEDED);
    EXPECT_EQ(result.reason(), result.run() == 1 ? "DIVERGED" : "");
    EXPECT_EQ(result.has_model(), result.run() == 0);
  }
  specification.mutable_runs(0)->set_learning_rate(1e6);
  RecordingSink none;
  EXPECT_EQ(Run(specification, none).reason, "DIVERGED");
}

TEST_F(TrainRunsTest, WhatWouldFailAllEndsTheJob) {
  RecordingSink sink;
  sink.full = true;
  const RunOutcome outcome = Run(Parse(std::string(kTraining) + kSeeds), sink, 2);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "DISK_FULL");
}

TEST_F(TrainRunsTest, CancelEndsAllRuns) {
  RecordingSink sink;
  sink.on_event = [&](const v1::Event& event) {
    if (event.has_progress()) cancel_.Cancel(CancelToken::Reason::kCancelled);
  };
  EXPECT_EQ(Run(Parse(std::string(kTraining) + kSeeds), sink, 2).kind, Kind::kCancelled);
  EXPECT_THAT(ResultsOf(sink), IsEmpty());
}

// Drains after the metrics of some epoch, resumes, until it is through.
TEST_F(TrainRunsTest, StopsChangeNoBit) {
  const v1::Specification specification = Parse(std::string(kTraining) + kDifferent);
  RecordingSink through;
  ASSERT_EQ(Run(specification, through).kind, Kind::kSucceeded);
  std::string checkpoint;
  std::map<std::string, std::string> files;
  std::map<std::string, double> last;
  int attempts = 0;
  for (Kind kind = Kind::kPreempted; kind == Kind::kPreempted; ++attempts) {
    ASSERT_LT(attempts, 30);
    RecordingSink part;
    CancelToken drain;
    int epochs = 0;
    part.on_event = [&](const v1::Event& event) {
      for (const v1::MetricValue& value : event.metrics().values()) {
        last[value.series()] = value.value();
        if (absl::StrContains(value.series(), "validation/loss") && ++epochs == 2)
          drain.Cancel(CancelToken::Reason::kDrained);
      }
    };
    RunOptions options;
    options.threads = 1 + attempts % 2;
    options.catalogs = &catalogs_;
    options.clock = &clock_;
    options.cancel = &drain;
    options.checkpoint = checkpoint;
    kind = RunTraining(specification, options, part).kind;
    checkpoint = part.files["checkpoint"];
    for (const auto& [name, bytes] : part.files) files[name] = bytes;
  }
  EXPECT_GT(attempts, 4);
  for (int i = 0; i < specification.runs_size(); ++i) {
    const std::string name = absl::StrCat("runs/", i, "/model.safetensors");
    EXPECT_EQ(files[name], through.files[name]) << i;
  }
  EXPECT_EQ(last["test/accuracy"], through.Last("test/accuracy"));
  EXPECT_EQ(last["test/loss"], through.Last("test/loss"));
}

TEST_F(TrainRunsTest, RefusesACheckpointOfOtherRuns) {
  RecordingSink sink;
  EXPECT_EQ(Run(Parse(std::string(kTraining) + kSeeds), sink, 1, "no message").reason,
            "CHECKPOINT_CORRUPT");
  EXPECT_EQ(Run(Parse(std::string(kTraining) + kSeeds), sink, 1, "\n").reason,
            "CHECKPOINT_CORRUPT");
}

}  // namespace
}  // namespace trainyard
