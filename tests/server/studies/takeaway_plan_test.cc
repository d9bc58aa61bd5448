#include "server/studies/takeaway_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/server/studies/plan_fixture.h"

namespace trainyard {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A small or a large net, 10 or 100 steps, sigmoid with SGD or ReLU with Adam.
constexpr char kStudy[] = R"(
  name: "takeaway"
  data { source { type: "idx" } split { validation: 0.1 } }
  sizes: 100 sizes: 1000
  seeds: 3
  takeaway {
    base { loss { type: "softmax_cross_entropy" } batch_size: 50 }
    candidates { learning_rate: 0.5 }
    factors {
      name: "model"
      off { specification { model {
        layers { type: "dense" params { key: "units" value { number_value: 8 } } }
        layers { type: "$activation" }
      } } }
      on { specification { model {
        layers { type: "dense" params { key: "units" value { number_value: 64 } } }
        layers { type: "$activation" }
        layers { type: "dense" params { key: "units" value { number_value: 64 } } }
        layers { type: "$activation" }
      } } }
    }
    factors {
      name: "compute"
      off { specification { budget { steps: 10 } } }
      on { specification { budget { steps: 100 } } }
    }
    factors {
      name: "algorithm"
      off {
        specification { optimizer { type: "sgd" } }
        values { key: "activation" value { string_value: "sigmoid" } }
      }
      on {
        specification { optimizer { type: "adam" } }
        values { key: "activation" value { string_value: "relu" } }
        candidates { learning_rate: 0.001 }
        candidates { learning_rate: 0.01 }
      }
    }
  }
)";

class TakeawayPlanTest : public PlanTest {
 protected:
  static v1::StudySpecification Parse(const std::string& text = kStudy) { return ParseStudy(text); }
  std::vector<std::string> Unmattering(const StudyPlan& plan) {
    violations_ = Violations();
    std::vector<const v1::Specification*> jobs;
    for (const v1::Specification& job : plan.jobs) jobs.push_back(&job);
    CheckFactorsMatter(plan.study.specification(), jobs, violations_);
    std::vector<std::string> paths;
    for (const Violation& violation : violations_.list()) paths.push_back(violation.path);
    return paths;
  }
};

TEST_F(TakeawayPlanTest, EveryCombinationIsAContender) {
  const StudyPlan plan = Plan(Parse());
  EXPECT_THAT(violations_.list(), IsEmpty());
  std::vector<std::string> names;
  for (const v1::Contender& contender : plan.study.specification().contenders())
    names.push_back(contender.name());
  EXPECT_THAT(names,
              ElementsAre("none", "model", "compute", "algorithm", "model-compute",
                          "model-algorithm", "compute-algorithm", "model-compute-algorithm"));
  EXPECT_EQ(plan.jobs.size(), 16u);
  // (4 * 1 + 4 * 2 candidates) * 3 seeds * 2 sizes.
  EXPECT_EQ(plan.study.total_runs(), 72u);
  EXPECT_THAT(plan.study.specification().contenders(5).factors_on(),
              ElementsAre("model", "algorithm"));
  EXPECT_EQ(plan.study.specification().contenders(5).family(), v1::NETWORK);
}

TEST_F(TakeawayPlanTest, AFactorReachesModelsOfAnyDepth) {
  const StudyPlan plan = Plan(Parse());
  const v1::Specification& none = plan.jobs[0];
  ASSERT_EQ(none.model().layers_size(), 2);
  EXPECT_EQ(none.model().layers(1).type(), "sigmoid");
  EXPECT_EQ(none.optimizer().type(), "sgd");
  EXPECT_EQ(none.budget().steps(), 10u);
  EXPECT_EQ(none.loss().type(), "softmax_cross_entropy");
  EXPECT_EQ(none.runs(0).learning_rate(), 0.5);
  const v1::Specification& all = plan.jobs[15];
  ASSERT_EQ(all.model().layers_size(), 4);
  EXPECT_EQ(all.model().layers(1).type(), "relu");
  EXPECT_EQ(all.model().layers(3).type(), "relu");
  EXPECT_EQ(all.optimizer().type(), "adam");
  EXPECT_EQ(all.budget().steps(), 100u);
  EXPECT_EQ(all.runs_size(), 6);
  EXPECT_EQ(all.runs(3).learning_rate(), 0.01);
  // 1,000 samples are 20 batches of 50: 100 steps are 5 epochs, and one evaluation at the end.
  EXPECT_EQ(all.evaluation().every_epochs(), 5u);
}

TEST_F(TakeawayPlanTest, TheAnswerIsARequest) {
  const StudyPlan plan = Plan(Parse());
  EXPECT_THAT(ErrorsOf(plan.study.specification()), IsEmpty());
  v1::StudySpecification other = plan.study.specification();
  other.mutable_contenders(3)->mutable_specification()->set_batch_size(7);
  EXPECT_THAT(ErrorsOf(other), ElementsAre(HasSubstr("contenders: not allowed beside 'takeaway'")));
}

TEST_F(TakeawayPlanTest, RefusesWhatIsNoFactorial) {
  v1::StudySpecification study = Parse();
  study.mutable_takeaway()->clear_factors();
  EXPECT_THAT(ErrorsOf(study), Contains(HasSubstr("takeaway.factors: 0 factors; it takes 1 to 5")));
  study = Parse();
  study.mutable_sizes()->RemoveLast();
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("sizes: 1 sizes; a takeaway study has two")));
  study = Parse();
  study.mutable_takeaway()->mutable_factors(1)->clear_on();
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("takeaway.factors[1].on: required")));
  study = Parse();
  for (int i = 0; i < 3; ++i) {
    v1::Factor& factor = *study.mutable_takeaway()->add_factors();
    factor.set_name(absl::StrCat("f", i));
    factor.mutable_on()->mutable_specification()->set_batch_size(3);
  }
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("6 factors; it takes 1 to 5")));
  for (const char* name : {"data", "none", "two words", "", "model", "more-data"}) {
    study = Parse();
    study.mutable_takeaway()->mutable_factors(2)->set_name(name);
    EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("takeaway.factors[2].name: "))) << name;
  }
}

TEST_F(TakeawayPlanTest, RefusesFactorsThatDecideTheSame) {
  v1::StudySpecification study = Parse();
  study.mutable_takeaway()
      ->mutable_factors(1)
      ->mutable_on()
      ->mutable_specification()
      ->mutable_optimizer()
      ->set_type("rmsprop");
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("takeaway.factors[2]: changes optimizer, as "
                                                     "factor 'compute' does")));
  study = Parse();
  (*study.mutable_takeaway()->mutable_factors(0)->mutable_on()->mutable_values())["activation"]
      .set_string_value("tanh");
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("changes $activation, as factor 'model'")));
  study = Parse();
  study.mutable_takeaway()->mutable_factors(0)->mutable_on()->add_candidates();
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("changes candidates, as factor 'model'")));
}

TEST_F(TakeawayPlanTest, RefusesPlaceholdersWithoutValueAndValuesWithoutPlaceholder) {
  v1::StudySpecification study = Parse();
  study.mutable_takeaway()->mutable_factors(2)->mutable_off()->clear_values();
  EXPECT_THAT(ErrorsOf(study),
              Contains("takeaway.factors[0].off.specification.model.layers[1].type: the "
                       "placeholder $activation has no value; give it one under 'values'"));
  study = Parse();
  (*study.mutable_takeaway()->mutable_factors(2)->mutable_on()->mutable_values())["activaton"]
      .set_string_value("relu");
  EXPECT_THAT(ErrorsOf(study),
              ElementsAre("takeaway.factors[2].on.values.activaton: no specification has "
                          "$activaton as a type or a parameter; known: $activation"));
  study = Parse();
  (*study.mutable_takeaway()->mutable_factors(2)->mutable_on()->mutable_values())["activation"]
      .set_number_value(3);
  EXPECT_THAT(ErrorsOf(study), Contains(HasSubstr("$activation must be the name of a type")));
}

TEST_F(TakeawayPlanTest, RefusesWhatTheStudyDecides) {
  v1::StudySpecification study = Parse();
  v1::TakeawayStudy& takeaway = *study.mutable_takeaway();
  takeaway.mutable_base()->set_seed(3);
  takeaway.mutable_factors(0)->mutable_on()->mutable_specification()->mutable_data();
  takeaway.mutable_factors(1)->mutable_on()->add_candidates()->set_train_size(5);
  takeaway.mutable_factors(1)->mutable_on()->set_name("x");
  const std::vector<std::string> errors = ErrorsOf(study);
  EXPECT_THAT(errors, Contains(HasSubstr("takeaway.base.seed: not allowed")));
  EXPECT_THAT(errors,
              Contains(HasSubstr("takeaway.factors[0].on.specification.data: not allowed")));
  EXPECT_THAT(errors, Contains(HasSubstr("takeaway.factors[1].on.candidates[0]: has a seed")));
  EXPECT_THAT(errors, Contains(HasSubstr("takeaway.factors[1].on.name: not allowed")));
}

TEST_F(TakeawayPlanTest, RefusesWhatGrowsWithoutBounds) {
  v1::StudySpecification study = Parse();
  const std::string large(100'000, 'x');
  (*study.mutable_takeaway()->mutable_factors(2)->mutable_on()->mutable_values())["activation"]
      .set_string_value(large);
  v1::Model& model = *study.mutable_takeaway()
                          ->mutable_factors(0)
                          ->mutable_on()
                          ->mutable_specification()
                          ->mutable_model();
  for (int i = 0; i < 1000; ++i) model.add_layers()->set_type("$activation");
  EXPECT_THAT(ErrorsOf(study), Contains(HasSubstr("more than a MiB")));
  study = Parse();
  study.mutable_takeaway()->mutable_base()->mutable_model()->set_initial_weights(
      std::string(200'000, 'x'));
  EXPECT_THAT(ErrorsOf(study), ElementsAre("takeaway: its combinations are more than a MiB of "
                                           "specifications"));
}

TEST_F(TakeawayPlanTest, AFactorThatChangesNothingIsRefused) {
  EXPECT_THAT(Unmattering(Plan(Parse())), IsEmpty());
  v1::StudySpecification study = Parse();
  study.mutable_takeaway()
      ->mutable_factors(1)
      ->mutable_on()
      ->mutable_specification()
      ->mutable_budget()
      ->set_steps(10);
  EXPECT_THAT(Unmattering(Plan(study)), ElementsAre("takeaway.factors[1]"));
  EXPECT_THAT(violations_.list()[0].message,
              HasSubstr("with 'compute' on every job is the same as with it off"));
}

TEST_F(TakeawayPlanTest, ViolationsOfAJobAreWhereTheUserWroteThem) {
  const StudyPlan plan = Plan(Parse());
  EXPECT_EQ(PathInStudy(plan, 0, "model.layers[0].units"),
            "takeaway.factors[0].off.specification.model.layers[0].units");
  EXPECT_EQ(PathInStudy(plan, 15, "model.layers[3].type"),
            "takeaway.factors[0].on.specification.model.layers[3].type");
  EXPECT_EQ(PathInStudy(plan, 15, "optimizer.beta1"),
            "takeaway.factors[2].on.specification.optimizer.beta1");
  EXPECT_EQ(PathInStudy(plan, 15, "loss.type"), "takeaway.base.loss.type");
  EXPECT_EQ(PathInStudy(plan, 0, "runs[0].learning_rate"), "takeaway.candidates[0].learning_rate");
  EXPECT_EQ(PathInStudy(plan, 15, "runs[4].learning_rate"),
            "takeaway.factors[2].on.candidates[1].learning_rate");
  EXPECT_EQ(PathInStudy(plan, 15, "data.subset.train_size"), "sizes[1]");
}

}  // namespace
}  // namespace trainyard
