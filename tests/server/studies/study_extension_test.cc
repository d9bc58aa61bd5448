#include "server/studies/study_extension.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kStudy[] = R"(
  name: "old"
  data { source { type: "idx" params { key: "path" value { string_value: "digits@2" } } }
         split { validation: 0.1 } }
  sizes: 100 sizes: 1000
  seeds: 3
  forecast_sizes: 10000
  contenders {
    name: "svm" family: TRADITIONAL
    specification { learner { type: "linear_svm" } }
    candidates { learner { key: "c" value: 0.1 } }
    candidates { learner { key: "c" value: 10 } }
  }
  contenders { name: "mlp" family: NETWORK specification { model { layers { type: "dense" } } } }
)";

class StudyExtensionTest : public ::testing::Test {
 protected:
  static v1::StudySpecification Parse(const std::string& text) {
    v1::StudySpecification study;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &study)) << text;
    return study;
  }
  StudyPlan Extend(const std::string& addition) {
    violations_ = Violations();
    return PlanExtension(Parse(kStudy), Parse(addition), violations_);
  }
  std::vector<std::string> ErrorsOf(const std::string& addition) {
    Extend(addition);
    std::vector<std::string> errors;
    for (const Violation& violation : violations_.list())
      errors.push_back(absl::StrCat(violation.path, ": ", violation.message));
    return errors;
  }
  static std::vector<std::string> PointsOf(const StudyPlan& plan) {
    std::vector<std::string> points;
    for (const v1::StudyPoint& point : plan.study.points())
      points.push_back(absl::StrCat(point.contender(), "-", point.size()));
    return points;
  }

  Violations violations_;
};

TEST_F(StudyExtensionTest, SizesAddPointsOfEveryContender) {
  const StudyPlan plan = Extend("sizes: 5000 sizes: 300");
  EXPECT_THAT(violations_.list(), IsEmpty());
  EXPECT_THAT(PointsOf(plan), ElementsAre("svm-300", "svm-5000", "mlp-300", "mlp-5000"));
  EXPECT_THAT(plan.study.specification().sizes(), ElementsAre(100, 300, 1000, 5000));
  ASSERT_EQ(plan.jobs.size(), 4u);
  EXPECT_EQ(plan.jobs[1].data().subset().train_size(), 5000u);
  EXPECT_EQ(plan.jobs[1].data().source().params().at("path").string_value(), "digits@2");
  EXPECT_EQ(plan.jobs[1].runs_size(), 6);
  EXPECT_EQ(plan.study.total_runs(), 6u * 2 + 3 * 2);
}

TEST_F(StudyExtensionTest, ContendersAddPointsAtEverySize) {
  const StudyPlan plan = Extend(
      "sizes: 5000 contenders { name: 'net' specification { model { layers { type: '$x' } } } "
      "ladder { values { key: 'x' value { string_value: 'relu' } } } "
      "ladder { values { key: 'x' value { string_value: 'tanh' } } } }");
  EXPECT_THAT(violations_.list(), IsEmpty());
  EXPECT_THAT(PointsOf(plan),
              ElementsAre("svm-5000", "mlp-5000", "net-relu-100", "net-relu-1000", "net-relu-5000",
                          "net-tanh-100", "net-tanh-1000", "net-tanh-5000"));
  EXPECT_EQ(plan.study.specification().contenders_size(), 4);
}

TEST_F(StudyExtensionTest, OldPointsWouldBePlannedAsTheyWere) {
  Violations violations;
  const StudyPlan before = PlanStudy(Parse(kStudy), violations);
  const StudyPlan after = PlanStudy(Extend("sizes: 5000").study.specification(), violations);
  EXPECT_THAT(violations.list(), IsEmpty());
  EXPECT_EQ(before.jobs[1].SerializeAsString(), after.jobs[1].SerializeAsString());
  EXPECT_EQ(before.jobs[2].SerializeAsString(), after.jobs[3].SerializeAsString());
}

TEST_F(StudyExtensionTest, RefusesWhatWouldChangeOldPoints) {
  const std::vector<std::string> errors = ErrorsOf(
      "sizes: 5000 name: 'x' seeds: 7 data { split { validation: 0.2 } } resources { cores: 2 }");
  EXPECT_EQ(errors.size(), 4u);
  EXPECT_THAT(errors, Contains(HasSubstr("seeds: not allowed: it would change points")));
  EXPECT_THAT(errors, Contains(HasSubstr("data: not allowed")));
  EXPECT_THAT(ErrorsOf("contenders { name: 'svm' candidates { learner { key: 'c' value: 3 } } }"),
              ElementsAre(HasSubstr("contenders[0].name: 'svm' is there already, and what was")));
  EXPECT_THAT(ErrorsOf("sizes: 5000 sizes: 1000"), ElementsAre("sizes[1]: 1000 is there already"));
  EXPECT_THAT(ErrorsOf("sizes: 5000 sizes: 5000"), ElementsAre("sizes[1]: 5000 is there already"));
  EXPECT_THAT(ErrorsOf("sizes: 0"), ElementsAre("sizes[0]: must be above 0"));
  EXPECT_THAT(ErrorsOf("forecast_sizes: 9"), ElementsAre(HasSubstr("sizes: nothing is added")));
  v1::StudySpecification takeaway = Parse(kStudy);
  takeaway.mutable_takeaway();
  violations_ = Violations();
  PlanExtension(takeaway, Parse("sizes: 5000"), violations_);
  ASSERT_EQ(violations_.list().size(), 1u);
  EXPECT_THAT(violations_.list()[0].message, HasSubstr("a takeaway study has all combinations"));
}

TEST_F(StudyExtensionTest, TheWholeKeepsToItsLimits) {
  std::string sizes;
  for (int i = 0; i < 70; ++i) absl::StrAppend(&sizes, "sizes: ", 2000 + i, " ");
  EXPECT_THAT(ErrorsOf(sizes), Contains(HasSubstr("sizes: 72 sizes; at most 64")));
  EXPECT_THAT(ErrorsOf("contenders { name: 'Not Good' }"),
              ElementsAre(HasSubstr("contenders[0].name: must be")));
  EXPECT_THAT(ErrorsOf("contenders { name: 'big' specification { model { initial_weights: '" +
                       std::string(1 << 20, 'x') + "' } } }"),
              ElementsAre(HasSubstr("contenders: the study would have more than a MiB")));
}

TEST_F(StudyExtensionTest, ForecastsOfWhatIsMeasuredNowGo) {
  EXPECT_THAT(Extend("sizes: 20000").study.specification().forecast_sizes(), ElementsAre(200000));
  EXPECT_THAT(Extend("sizes: 5000").study.specification().forecast_sizes(), ElementsAre(10000));
  EXPECT_THAT(Extend("sizes: 5000 forecast_sizes: 60000").study.specification().forecast_sizes(),
              ElementsAre(10000, 60000));
}

TEST_F(StudyExtensionTest, ViolationsOfAJobAreInTheAddition) {
  const v1::StudySpecification study = Parse(kStudy);
  const v1::StudySpecification addition = Parse(
      "sizes: 5000 contenders { name: 'new' specification { model { layers { type: 'x' } } } }");
  Violations violations;
  const StudyPlan plan = PlanExtension(study, addition, violations);
  const auto at = [&](int point, const std::string& path) {
    const Violation in = InAddition(study, addition, plan, point, {path, "is wrong"});
    return absl::StrCat(in.path, ": ", in.message);
  };
  // svm-5000, mlp-5000, new-100, new-1000, new-5000.
  EXPECT_EQ(at(0, "learner.c"), "sizes[0]: svm: is wrong");
  EXPECT_EQ(at(1, "data.subset.train_size"), "sizes[0]: is wrong");
  EXPECT_EQ(at(2, "model.layers[0].type"),
            "contenders[0].specification.model.layers[0].type: is wrong");
  EXPECT_EQ(at(4, "data.subset.train_size"), "sizes[0]: is wrong");
}

}  // namespace
}  // namespace trainyard
