#include "server/studies/ladder_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/studies/plan_fixture.h"

namespace trainyard {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kStudy[] = R"(
  data { source { type: "idx" } split { validation: 0.1 } }
  sizes: 100 sizes: 1000
  seeds: 3
  contenders { name: "svm" specification { learner { type: "linear_svm" } } }
  contenders {
    name: "mlp"
    least_steps: 30
    transforms { type: "hog" }
    specification {
      model { layers { type: "dense" params { key: "units" value { string_value: "$width" } } } }
      budget { epochs: 4 }
    }
    candidates { learning_rate: 0.1 }
    ladder { values { key: "width" value { number_value: 8 } } }
    ladder { values { key: "width" value { number_value: 64 } } candidates { learning_rate: 0.01 } }
    ladder {
      name: "deep"
      specification { model { layers { type: "dense" } layers { type: "relu" } } }
    }
  }
)";

class LadderPlanTest : public PlanTest {
 protected:
  static v1::StudySpecification Parse(const std::string& more = "") {
    return ParseStudy(kStudy + more);
  }
};

TEST_F(LadderPlanTest, EachStepIsAContender) {
  const StudyPlan plan = Plan(Parse());
  EXPECT_THAT(violations_.list(), IsEmpty());
  const v1::StudySpecification& study = plan.study.specification();
  ASSERT_EQ(study.contenders_size(), 4);
  EXPECT_EQ(study.contenders(0).ladder_of(), "");
  EXPECT_EQ(study.contenders(1).name(), "mlp-8");
  EXPECT_EQ(study.contenders(2).name(), "mlp-64");
  EXPECT_EQ(study.contenders(3).name(), "mlp-deep");
  for (int i = 1; i < 4; ++i) {
    EXPECT_EQ(study.contenders(i).ladder_of(), "mlp");
    EXPECT_EQ(study.contenders(i).family(), v1::NETWORK);
    EXPECT_EQ(study.contenders(i).least_steps(), 30u);
    EXPECT_EQ(study.contenders(i).ladder_size(), 0);
  }
  ASSERT_EQ(plan.jobs.size(), 8u);
  EXPECT_EQ(plan.jobs[2].model().layers(0).params().at("units").number_value(), 8);
  EXPECT_EQ(plan.jobs[4].model().layers(0).params().at("units").number_value(), 64);
  EXPECT_EQ(plan.jobs[6].model().layers_size(), 2);
  EXPECT_EQ(plan.jobs[2].runs(0).learning_rate(), 0.1);
  EXPECT_EQ(plan.jobs[4].runs(0).learning_rate(), 0.01);
  EXPECT_THAT(ErrorsOf(study), IsEmpty()) << "the answer is a request";
}

TEST_F(LadderPlanTest, NamesComeOfTheValues) {
  v1::StudySpecification study = Parse();
  (*study.mutable_contenders(1)->mutable_ladder(0)->mutable_values())["width"].set_number_value(
      0.5);
  EXPECT_EQ(Plan(study).study.specification().contenders(1).name(), "mlp-0-5");
  study.mutable_contenders(1)->mutable_ladder(2)->clear_name();
  EXPECT_EQ(Plan(study).study.specification().contenders(3).name(), "mlp-3");
}

TEST_F(LadderPlanTest, ViolationsAreWhereTheUserWroteThem) {
  const StudyPlan plan = Plan(Parse());
  EXPECT_EQ(PathInStudy(plan, 0, "learner.c"), "contenders[0].specification.learner.c");
  EXPECT_EQ(PathInStudy(plan, 2, "model.layers[0].units"),
            "contenders[1].specification.model.layers[0].units");
  EXPECT_EQ(PathInStudy(plan, 6, "model.layers[1].type"),
            "contenders[1].ladder[2].specification.model.layers[1].type");
  EXPECT_EQ(PathInStudy(plan, 6, "budget.epochs"), "contenders[1].specification.budget.epochs");
  EXPECT_EQ(PathInStudy(plan, 4, "runs[1].learning_rate"),
            "contenders[1].ladder[1].candidates[0].learning_rate");
  EXPECT_EQ(PathInStudy(plan, 2, "runs[1].learning_rate"),
            "contenders[1].candidates[0].learning_rate");
  EXPECT_EQ(PathInStudy(plan, 7, "data.transforms[0].cell"), "contenders[1].transforms[0].cell");
  EXPECT_EQ(PathInStudy(plan, 7, "data.subset.train_size"), "sizes[1]");
}

TEST_F(LadderPlanTest, RefusesWhatIsNoLadder) {
  v1::StudySpecification study = Parse();
  study.mutable_contenders(1)->add_ladder();
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("contenders[1].ladder[3]: changes nothing")));
  study = Parse();
  study.mutable_contenders(1)->mutable_ladder(0)->clear_values();
  (*study.mutable_contenders(1)->mutable_ladder(0)->mutable_values())["widht"].set_number_value(8);
  EXPECT_THAT(ErrorsOf(study),
              Contains("contenders[1].specification.model.layers[0].units: the placeholder $width "
                       "has no value; give it one under 'values'"));
  EXPECT_THAT(ErrorsOf(study), Contains("contenders[1].ladder[0].values.widht: the specification "
                                        "has no $widht as a type or a parameter"));
  study = Parse();
  study.mutable_contenders(1)->mutable_ladder(2)->mutable_specification()->set_seed(3);
  EXPECT_THAT(ErrorsOf(study),
              ElementsAre(HasSubstr("contenders[1].ladder[2].specification.seed: not allowed")));
  study = Parse();
  study.mutable_contenders(1)->mutable_ladder(1)->set_name("8");
  EXPECT_THAT(ErrorsOf(study),
              ElementsAre("contenders[1].ladder[1].name: 'mlp-8' is there already"));
  study.mutable_contenders(1)->mutable_ladder(1)->set_name(std::string(40, 'x'));
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("contenders[1].ladder[1].name: must be")));
}

TEST_F(LadderPlanTest, RefusesTooManySteps) {
  v1::StudySpecification study = Parse();
  for (int i = 0; i < 64; ++i) {
    (*study.mutable_contenders(1)->add_ladder()->mutable_values())["width"].set_number_value(100 +
                                                                                             i);
  }
  EXPECT_THAT(ErrorsOf(study), ElementsAre(HasSubstr("contenders: 68 contenders; at most 64")));
  for (int i = 0; i < 5000; ++i) {
    (*study.mutable_contenders(1)->add_ladder()->mutable_values())["width"].set_number_value(500 +
                                                                                             i);
  }
  EXPECT_FALSE(ErrorsOf(study).empty());
}

TEST_F(LadderPlanTest, OperatingPointsAreNumbersAboveZero) {
  EXPECT_THAT(ErrorsOf(Parse("operating_points { parameters: 1000 samples: 50 }")), IsEmpty());
  EXPECT_THAT(ErrorsOf(Parse("operating_points { parameters: 1000 }")),
              ElementsAre("operating_points[0]: both numbers must be above 0"));
}

}  // namespace
}  // namespace trainyard
