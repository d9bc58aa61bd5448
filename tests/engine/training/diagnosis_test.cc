// What runs that are ill say of themselves while they train, and that healthy ones say nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "tests/engine/training/run_fixture.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// $0: hidden layers, $1: optimizer, $2: more of the data, $3: epochs.
constexpr char kNet[] = R"(
  data { source { type: "synthetic_gaussian"
                  params { key: "samples" value { number_value: 4000 } }
                  params { key: "test_samples" value { number_value: 100 } }
                  params { key: "features" value { number_value: 20 } }
                  params { key: "separation" value { number_value: 4 } }
                  params { key: "classes" value { number_value: 4 } } }
         split { validation: 0.4 } transforms { type: "standardize" } $2 }
  model { $0 layers { type: "dense" params { key: "units" value { number_value: 4 } } } }
  loss { type: "softmax_cross_entropy" }
  optimizer { $1 }
  batch_size: 32
  budget { epochs: $3 }
)";
constexpr char kAdam[] =
    R"(type: "adam" params { key: "learning_rate" value { number_value: 0.002 } })";

std::string Hidden(const std::string& activation, int depth) {
  std::string layers;
  for (int i = 0; i < depth; ++i) {
    absl::StrAppend(&layers,
                    "layers { type: 'dense' params { key: 'units' value { number_value: 32 } } } ",
                    "layers { type: '", activation, "' } ");
  }
  return layers;
}

class DiagnosisTest : public RunTest {
 protected:
  std::vector<std::string> WarningsOf(const std::string& hidden, const std::string& optimizer,
                                      const std::string& data = "", int epochs = 4,
                                      const std::string& more = "") {
    RecordingSink sink;
    Run(Parse(absl::Substitute(kNet, hidden, optimizer, data, epochs) + more), sink);
    std::vector<std::string> warnings;
    warned_at_ = 0;
    for (const v1::Event& event : sink.events) {
      if (event.has_progress()) last_step_ = event.progress().step();
      if (event.log().severity() != v1::WARNING) continue;
      if (warnings.empty()) warned_at_ = last_step_;
      warnings.push_back(event.log().text());
    }
    return warnings;
  }

  uint64_t last_step_ = 0;
  uint64_t warned_at_ = 0;  // the step that was told of before the first warning
};

TEST_F(DiagnosisTest, HealthyRunsSayNothing) {
  for (const char* activation : {"relu", "tanh", "sigmoid", "gelu", "elu"})
    EXPECT_THAT(WarningsOf(Hidden(activation, 2), kAdam), IsEmpty()) << activation;
  EXPECT_THAT(WarningsOf("", kAdam), IsEmpty()) << "a linear model";
  EXPECT_THAT(WarningsOf(Hidden("relu", 2), kAdam, "label_noise { share: 0.3 }"), IsEmpty());
}

TEST_F(DiagnosisTest, TenSigmoidsVanishBeforeTheSecondStep) {
  const auto warnings = WarningsOf(Hidden("sigmoid", 10), kAdam, "", 4);
  ASSERT_FALSE(warnings.empty());
  EXPECT_THAT(warnings[0], HasSubstr("dense_0's gradient is"));
  EXPECT_THAT(warnings[0], HasSubstr("vanishing; try relu"));
  EXPECT_LE(warned_at_, 1u);
}

TEST_F(DiagnosisTest, AHundredfoldRate) {
  const auto warnings =
      WarningsOf(Hidden("relu", 2),
                 R"(type: "adam" params { key: "learning_rate" value { number_value: 0.5 } })");
  ASSERT_FALSE(warnings.empty());
  EXPECT_THAT(warnings[0], HasSubstr("the learning rate 0.5 is too high; try 0.05 or less"));
}

TEST_F(DiagnosisTest, Divergence) {
  const auto warnings =
      WarningsOf(Hidden("relu", 2),
                 R"(type: "sgd" params { key: "learning_rate" value { number_value: 10000 } })");
  ASSERT_FALSE(warnings.empty());
  EXPECT_THAT(warnings[0], HasSubstr("diverged: the learning rate 10,000 is too high"));
}

TEST_F(DiagnosisTest, DeadUnits) {
  // Inputs between 0 and 1, weights below 0: no unit is ever above 0.
  RecordingSink sink;
  v1::Specification specification = Parse(absl::Substitute(
      kNet,
      R"(initializer { type: "constant" params { key: "value" value { number_value: -10 } } }
               layers { type: "sigmoid" })" +
          Hidden("relu", 2),
      kAdam, "", 2));
  Run(specification, sink);
  std::vector<std::string> warnings;
  for (const v1::Event& event : sink.events) {
    if (event.log().severity() == v1::WARNING) warnings.push_back(event.log().text());
  }
  ASSERT_FALSE(warnings.empty());
  EXPECT_THAT(warnings[0], HasSubstr("100 % of relu_2's units are dead"));
}

TEST_F(DiagnosisTest, ShuffledLabels) {
  // Of four classes, three wrong ones as often as the right one.
  EXPECT_THAT(WarningsOf(Hidden("relu", 2), kAdam, "label_noise { share: 0.75 }", 10),
              ElementsAre(HasSubstr("are the labels shuffled?")));
}

TEST_F(DiagnosisTest, ShuffledLabelsOfALearner) {
  for (const double share : {0.75, 0.3}) {
    v1::Specification specification = Parse(absl::Substitute(kNet, "", kAdam, "", 1));
    for (const char* field : {"model", "loss", "optimizer", "batch_size", "budget"}) {
      specification.GetReflection()->ClearField(
          &specification, specification.GetDescriptor()->FindFieldByName(field));
    }
    specification.mutable_learner()->set_type("logistic_regression");
    specification.mutable_data()->mutable_label_noise()->set_share(share);
    RecordingSink sink;
    ASSERT_EQ(Run(specification, sink).kind, RunOutcome::Kind::kSucceeded);
    bool named = false;
    for (const v1::Event& event : sink.events)
      named |= event.log().text().find("are the labels shuffled?") != std::string::npos;
    EXPECT_EQ(named, share == 0.75);
  }
}

TEST_F(DiagnosisTest, EachRunOfAJobSaysItsOwn) {
  const auto warnings = WarningsOf(
      Hidden("relu", 2), kAdam, "", 2,
      "runs { seed: 1 } runs { seed: 1 learning_rate: 0.5 } monitoring { every_steps: 10 }");
  ASSERT_FALSE(warnings.empty());
  for (const std::string& warning : warnings) EXPECT_THAT(warning, HasSubstr("run 1: "));
}

TEST_F(DiagnosisTest, RunsTellOfTheirProgressWhereTheyAreAskedTo) {
  const std::string two =
      absl::Substitute(kNet, Hidden("relu", 1), kAdam, "", 1) + "runs { seed: 1 } runs { seed: 2 }";
  RecordingSink silent;
  Run(Parse(two), silent);
  RecordingSink telling;
  Run(Parse(two + " monitoring { every_steps: 10 }"), telling);
  const auto count = [](const RecordingSink& sink, const std::string& series) {
    int values = 0;
    for (const v1::Event& event : sink.events) {
      for (const v1::MetricValue& value : event.metrics().values())
        values += value.series() == series;
    }
    return values;
  };
  EXPECT_EQ(count(silent, "runs/1/progress/accuracy"), 0);
  // 2,400 samples are 75 steps: the first, 10, 20 ... 70 and the last.
  for (const char* series :
       {"runs/0/progress/loss", "runs/1/progress/accuracy", "runs/1/progress/samples_per_second"}) {
    EXPECT_EQ(count(telling, series), 9) << series;
  }
  // What each run trains does not change.
  EXPECT_EQ(telling.files["runs/1/model.safetensors"], silent.files["runs/1/model.safetensors"]);
}

}  // namespace
}  // namespace trainyard
