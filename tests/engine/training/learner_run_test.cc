// Jobs of learners from the specification to the events and the model file, without a server.
#include "engine/training/learner_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/substitute.h"
#include "tests/engine/formats/temporary_folder.h"
#include "tests/engine/training/run_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using Kind = RunOutcome::Kind;

// $0: the learner's type; $1: its parameters.
constexpr char kJob[] = R"(
  data {
    source { type: "synthetic_gaussian"
             params { key: "samples" value { number_value: 600 } }
             params { key: "test_samples" value { number_value: 200 } }
             params { key: "features" value { number_value: 8 } }
             params { key: "classes" value { number_value: 3 } } }
    split { validation: 0.1 }
    transforms { type: "standardize" }
  }
  learner { type: "$0" $1 }
  metrics { type: "accuracy" }
  metrics { type: "confusion" }
  metrics { type: "auc" }
  monitoring { every_steps: 1 }
  seed: 3
)";
constexpr char kRounds[] = R"(params { key: "rounds" value { number_value: 7 } })";

class LearnerRunTest : public RunTest {
 protected:
  // Boosted trees in few rounds.
  static v1::Specification Job(const std::string& type) {
    return Parse(absl::Substitute(kJob, type, type == "gradient_boosted_trees" ? kRounds : ""));
  }
};

TEST_F(LearnerRunTest, EveryLearnerTrainsReportsAndPredicts) {
  for (const std::string& type : catalogs_.learners.types()) {
    if (type == "linear_regression") continue;
    SCOPED_TRACE(type);
    RecordingSink sink;
    const v1::Specification specification = Job(type);
    const RunOutcome outcome = Run(specification, sink, 2);
    ASSERT_EQ(outcome.kind, Kind::kSucceeded) << outcome.message;
    EXPECT_TRUE(sink.events.front().has_attempt_started());
    EXPECT_GT(sink.Last("test/accuracy"), 0.5);
    EXPECT_GT(sink.Last("validation/accuracy"), 0.5);
    EXPECT_GT(sink.Last("test/auc"), 0.7);
    EXPECT_GE(sink.Last("test/loss"), 0);
    bool confusion = false;
    bool progress = false;
    for (const v1::Event& event : sink.events) {
      confusion |= event.matrix().series() == "test/confusion" && event.matrix().values_size() == 9;
      progress |= event.progress().step() > 0;
    }
    EXPECT_TRUE(confusion);
    EXPECT_TRUE(progress);

    v1::Specification predict;
    predict.mutable_predict()->set_part("test");
    predict.mutable_predict()->set_count(200);
    RunOptions options;
    options.catalogs = &catalogs_;
    options.clock = &clock_;
    options.cancel = &cancel_;
    RecordingSink predicted;
    ASSERT_EQ(
        RunPrediction(predict, specification, sink.files["model.safetensors"], options, predicted)
            .kind,
        Kind::kSucceeded);
    const std::string& table = predicted.files["predictions.csv"];
    int64_t rows = 0;
    int64_t right = 0;
    size_t at = table.find('\n') + 1;
    for (; at < table.size(); at = table.find('\n', at) + 1, ++rows) {
      const size_t label = table.find(',', at) + 1;
      right += table[label] == table[label + 2];
    }
    EXPECT_EQ(rows, 200);
    EXPECT_NEAR(static_cast<double>(right) / 200, sink.Last("test/accuracy"), 1e-9);
    const bool has_probability = table[table.find('\n', table.find('\n') + 1) - 1] != ',';
    EXPECT_EQ(has_probability, type.find("svm") == std::string::npos);
  }
}

TEST_F(LearnerRunTest, SeriesOfTrainingAreThoseOfNets) {
  for (const char* type : {"logistic_regression", "gradient_boosted_trees"}) {
    RecordingSink sink;
    ASSERT_EQ(Run(Job(type), sink).kind, Kind::kSucceeded);
    EXPECT_LT(sink.Last("train/loss"), 1.1) << type;
    EXPECT_GT(sink.Last("train/accuracy"), 0.5) << type;
  }
}

TEST_F(LearnerRunTest, BoostedTreesGoOnFromACheckpointWithTheSameBits) {
  ExpectSameBitsAfterStops(Job("gradient_boosted_trees"), {1, 4, 6});
}

TEST_F(LearnerRunTest, AForeignCheckpointIsRefused) {
  RecordingSink sink;
  const RunOutcome outcome = Run(Job("gradient_boosted_trees"), sink, 1, "no checkpoint at all");
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "CHECKPOINT_CORRUPT");
}

TEST_F(LearnerRunTest, OthersStartAgainWhenTheServerStops) {
  RecordingSink through;
  const v1::Specification specification = Job("logistic_regression");
  ASSERT_EQ(Run(specification, through).kind, Kind::kSucceeded);
  RecordingSink first;
  CancelToken drain;
  first.on_event = [&](const v1::Event& event) {
    if (event.progress().step() == 3) drain.Cancel(CancelToken::Reason::kDrained);
  };
  RunOptions options;
  options.catalogs = &catalogs_;
  options.clock = &clock_;
  options.cancel = &drain;
  EXPECT_EQ(RunTraining(specification, options, first).kind, Kind::kPreempted);
  EXPECT_EQ(first.files.count("checkpoint"), 0u);
  RecordingSink again;
  ASSERT_EQ(Run(specification, again).kind, Kind::kSucceeded);
  EXPECT_EQ(again.files["model.safetensors"], through.files["model.safetensors"]);
}

TEST_F(LearnerRunTest, CancelledLeavesNoModel) {
  for (const std::string& type : catalogs_.learners.types()) {
    if (type == "linear_regression") continue;
    RecordingSink sink;
    CancelToken cancel;
    cancel.Cancel(CancelToken::Reason::kCancelled);
    RunOptions options;
    options.catalogs = &catalogs_;
    options.clock = &clock_;
    options.cancel = &cancel;
    EXPECT_EQ(RunTraining(Job(type), options, sink).kind, Kind::kCancelled) << type;
    EXPECT_EQ(sink.files.count("model.safetensors"), 0u);
  }
}

TEST_F(LearnerRunTest, AValueThatIsNoNumberIsTheDatasFault) {
  TemporaryFolder folder;
  folder.Write("table.csv", "a,label\n1,x\ninf,y\n2,x\n3,y\n");
  roots_.folders = {folder.path()};
  v1::Specification specification = Job("logistic_regression");
  specification.clear_data();
  specification.clear_metrics();
  v1::Component& source = *specification.mutable_data()->mutable_source();
  source.set_type("csv");
  (*source.mutable_params())["path"].set_string_value("table.csv");
  RecordingSink sink;
  const RunOutcome outcome = Run(specification, sink);
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.reason, "DATA_ERROR");
}

}  // namespace
}  // namespace trainyard
