#include "server/studies/takeaway_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Data and a model: errors 0.4 with none, 0.2 with data, 0.32 with the model, 0.12 with both, at
// three seeds that differ a little.
v1::Study Sample() {
  v1::Study study;
  v1::StudySpecification& spec = *study.mutable_specification();
  spec.add_sizes(100);
  spec.add_sizes(1000);
  spec.mutable_takeaway()->add_factors()->set_name("model");
  spec.add_contenders()->set_name("none");
  spec.add_contenders()->set_name("model");
  spec.mutable_contenders(1)->add_factors_on("model");
  const double errors[] = {0.4, 0.2, 0.32, 0.12};
  for (int i = 0; i < 4; ++i) {
    v1::StudyPoint& point = *study.add_points();
    point.set_contender(i < 2 ? "none" : "model");
    point.set_size(i % 2 == 0 ? 100 : 1000);
    point.set_job("jobs/" + std::to_string(i));
    point.set_state(v1::SUCCEEDED);
    for (uint64_t seed = 1; seed <= 3; ++seed) {
      v1::StudyPoint::Seed& run = *point.add_seeds();
      run.set_seed(seed);
      run.set_error(errors[i] * (1 + 0.001 * static_cast<double>(seed) * (i % 2 == 0 ? 1 : -1)));
    }
  }
  return study;
}

TEST(TakeawayAnalysisTest, PointsBecomeEffects) {
  const v1::StudyAnalysis analysis = AnalyseTakeawayStudy(Sample(), 0);
  EXPECT_EQ(analysis.points(), 4u);
  const v1::TakeawayAnalysis& takeaway = analysis.takeaway();
  EXPECT_THAT(takeaway.factors(), ElementsAre("data", "model"));
  EXPECT_EQ(takeaway.seeds(), 3u);
  ASSERT_EQ(takeaway.effects_size(), 3);
  EXPECT_THAT(takeaway.effects(2).factors(), ElementsAre("data", "model"));
  ASSERT_EQ(takeaway.alone_size(), 2);
  EXPECT_NEAR(takeaway.alone(0).ratio().value(), 0.5, 0.01);
  EXPECT_NEAR(takeaway.alone(1).ratio().value(), 0.8, 0.01);
  EXPECT_NEAR(takeaway.together().ratio().value(), 0.3, 0.01);
  EXPECT_NEAR(takeaway.product().value(), 0.4, 0.01);
  EXPECT_NEAR(takeaway.beyond_product().value(), 0.75, 0.01);
  ASSERT_EQ(analysis.findings_size(), 4);
  EXPECT_EQ(analysis.findings(0).claim(), "together they beat each alone");
  EXPECT_EQ(analysis.findings(0).verdict(), v1::HOLDS);
  EXPECT_EQ(analysis.findings(0).jobs_size(), 4);
  EXPECT_EQ(analysis.findings(3).claim(), "model lowers the error");
}

TEST(TakeawayAnalysisTest, AsksForEveryCombination) {
  v1::Study study = Sample();
  study.mutable_points(2)->set_state(v1::RUNNING);
  study.mutable_points(2)->clear_seeds();
  v1::StudyAnalysis analysis = AnalyseTakeawayStudy(study, 0);
  ASSERT_EQ(analysis.findings_size(), 1);
  EXPECT_EQ(analysis.findings(0).verdict(), v1::INSUFFICIENT_DATA);
  EXPECT_EQ(analysis.findings(0).sentence(),
            "1 of 4 combinations have not ended; effects take all of them");
  EXPECT_FALSE(analysis.has_takeaway());
  study.mutable_points(2)->set_state(v1::FAILED);
  analysis = AnalyseTakeawayStudy(study, 0);
  EXPECT_THAT(analysis.findings(0).sentence(),
              HasSubstr("no run that ended well with model on and the other factors off"));
}

}  // namespace
}  // namespace trainyard
