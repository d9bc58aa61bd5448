#include "server/studies/study_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/studies/plan_fixture.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kStudy[] = R"(
  name: "more-data"
  data { source { type: "idx" } split { validation: 0.1 } transforms { type: "standardize" } }
  sizes: 100 sizes: 1000
  seeds: 3
  resources { cores: 2 }
  contenders {
    name: "svm"
    specification { learner { type: "linear_svm" } }
    transforms { type: "hog" }
    candidates { learner { key: "c" value: 0.1 } }
    candidates { learner { key: "c" value: 10 } }
  }
  contenders {
    name: "mlp"
    specification { model { layers { type: "dense" } } batch_size: 200 budget { epochs: 4 } }
    least_steps: 30
  }
)";

class StudyPlanTest : public PlanTest {
 protected:
  static v1::StudySpecification Parse(const std::string& more) { return ParseStudy(kStudy + more); }
  std::vector<std::string> PathsOf(const v1::StudySpecification& study) {
    Plan(study);
    std::vector<std::string> paths;
    for (const Violation& violation : violations_.list()) paths.push_back(violation.path);
    return paths;
  }
};

TEST_F(StudyPlanTest, EachContenderAtEachSizeIsAJob) {
  const StudyPlan plan = Plan(Parse(""));
  EXPECT_THAT(violations_.list(), IsEmpty());
  ASSERT_EQ(plan.jobs.size(), 4u);
  ASSERT_EQ(plan.study.points_size(), 4);
  EXPECT_EQ(plan.study.points(1).contender(), "svm");
  EXPECT_EQ(plan.study.points(1).size(), 1000u);
  EXPECT_EQ(plan.jobs[1].name(), "svm-1000");
  EXPECT_EQ(plan.jobs[1].data().subset().train_size(), 1000u);
  EXPECT_EQ(plan.jobs[1].resources().cores(), 2u);
  EXPECT_EQ(plan.study.total_runs(), 2u * 6 + 2 * 3);
}

TEST_F(StudyPlanTest, FeaturesFollowTheTransformsOfTheStudy) {
  const StudyPlan plan = Plan(Parse(""));
  ASSERT_EQ(plan.jobs[0].data().transforms_size(), 2);
  EXPECT_EQ(plan.jobs[0].data().transforms(0).type(), "standardize");
  EXPECT_EQ(plan.jobs[0].data().transforms(1).type(), "hog");
  EXPECT_EQ(plan.jobs[2].data().transforms_size(), 1);
}

TEST_F(StudyPlanTest, RunsAreCandidatesWithEverySeed) {
  const StudyPlan plan = Plan(Parse(""));
  const v1::Specification& job = plan.jobs[0];
  ASSERT_EQ(job.runs_size(), 6);
  for (int candidate = 0; candidate < 2; ++candidate) {
    for (int seed = 0; seed < 3; ++seed) {
      const v1::Run& run = job.runs(RunIndex(plan.study.specification(), candidate, seed));
      EXPECT_EQ(run.learner().at("c"), candidate == 0 ? 0.1 : 10);
      EXPECT_EQ(run.seed(), SeedOf(seed));
      EXPECT_EQ(run.subset_seed(), SeedOf(seed));
    }
  }
  EXPECT_EQ(plan.jobs[2].runs_size(), 3);  // without candidates the specification is the only one
}

TEST_F(StudyPlanTest, SmallSizesTrainForMoreEpochs) {
  const StudyPlan plan = Plan(Parse(""));
  // 100 samples are one batch of 100: 30 epochs give 30 steps. 1,000 are 5 batches of 200: 6
  // epochs.
  EXPECT_EQ(plan.jobs[2].batch_size(), 100u);
  EXPECT_EQ(plan.jobs[2].budget().epochs(), 30u);
  EXPECT_EQ(plan.jobs[3].batch_size(), 200u);
  EXPECT_EQ(plan.jobs[3].budget().epochs(), 6u);
  EXPECT_EQ(plan.jobs[3].evaluation().every_epochs(), 6u);
}

TEST_F(StudyPlanTest, DefaultsAreFilledIn) {
  v1::StudySpecification study = Parse("");
  study.clear_seeds();
  const v1::StudySpecification filled = Plan(study).study.specification();
  EXPECT_EQ(filled.seeds(), 5u);
  ASSERT_EQ(filled.forecast_sizes_size(), 1);
  EXPECT_EQ(filled.forecast_sizes(0), 10'000u);
  EXPECT_EQ(filled.contenders(0).family(), v1::TRADITIONAL);
  EXPECT_EQ(filled.contenders(1).family(), v1::NETWORK);
}

TEST_F(StudyPlanTest, RefusesWhatIsNoStudy) {
  v1::StudySpecification study;
  EXPECT_THAT(PathsOf(study), UnorderedElementsAre("sizes", "contenders"));
  study = Parse("");
  study.set_seeds(1);
  EXPECT_THAT(PathsOf(study), UnorderedElementsAre("seeds"));
  study = Parse("sizes: 1000");
  EXPECT_THAT(PathsOf(study), UnorderedElementsAre("sizes[2]"));
  study = Parse("contenders { name: 'svm' } contenders { name: 'Not Good' }");
  EXPECT_THAT(PathsOf(study), UnorderedElementsAre("contenders[2].name", "contenders[3].name"));
}

TEST_F(StudyPlanTest, RefusesToTuneOnTheTestPart) {
  v1::StudySpecification study = Parse("");
  study.mutable_data()->mutable_split()->clear_validation();
  EXPECT_THAT(PathsOf(study), UnorderedElementsAre("data.split.validation"));
  EXPECT_THAT(violations_.list()[0].message, HasSubstr("tune on it"));
}

TEST_F(StudyPlanTest, RefusesWhatTheStudyDecides) {
  v1::StudySpecification study = Parse("");
  study.mutable_data()->mutable_subset()->set_train_size(5);
  v1::Specification& job = *study.mutable_contenders(0)->mutable_specification();
  job.set_seed(3);
  job.add_runs();
  job.mutable_data();
  study.mutable_contenders(1)->add_candidates()->set_train_size(7);
  EXPECT_THAT(
      PathsOf(study),
      UnorderedElementsAre("data.subset", "contenders[0].specification.seed",
                           "contenders[0].specification.runs", "contenders[0].specification.data",
                           "contenders[1].candidates[0]"));
}

TEST_F(StudyPlanTest, RefusesAMillionRuns) {
  v1::StudySpecification study = Parse("");
  study.set_seeds(100);
  for (int i = 0; i < 600; ++i)
    (*study.mutable_contenders(0)->add_candidates()->mutable_learner())["c"] = i + 100;
  EXPECT_THAT(PathsOf(study), UnorderedElementsAre("seeds"));
  EXPECT_THAT(violations_.list()[0].message, HasSubstr("120600 models"));
}

TEST_F(StudyPlanTest, ViolationsOfAJobAreAtTheirPlaceInTheStudy) {
  const StudyPlan plan = Plan(Parse(""));
  EXPECT_EQ(PathInStudy(plan, 3, "model.layers[0].units"),
            "contenders[1].specification.model.layers[0].units");
  EXPECT_EQ(PathInStudy(plan, 1, "data.subset.train_size"), "sizes[1]");
  EXPECT_EQ(PathInStudy(plan, 0, "data.source.path"), "data.source.path");
  EXPECT_EQ(PathInStudy(plan, 0, "data.transforms[0].range"), "data.transforms[0].range");
  EXPECT_EQ(PathInStudy(plan, 0, "data.transforms[1].cell_size"),
            "contenders[0].transforms[0].cell_size");
  EXPECT_EQ(PathInStudy(plan, 0, "runs[4].learner.c"), "contenders[0].candidates[1].learner.c");
  EXPECT_EQ(PathInStudy(plan, 0, "runs[1]"), "contenders[0].candidates[0]");
}

}  // namespace
}  // namespace trainyard
