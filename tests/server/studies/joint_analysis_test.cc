#include "server/studies/joint_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "server/studies/study_analysis.h"
#include "tests/engine/normal.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr double kFloor = 0.05, kModel = 2, kData = 5, kModelPower = 0.3, kDataPower = 0.5;

double At(double parameters, double samples) {
  return kFloor + kModel * std::pow(parameters, -kModelPower) +
         kData * std::pow(samples, -kDataPower);
}

// A ladder of four models at six sizes with three seeds, a hundredth apart, and a lone network.
v1::Study Sample() {
  const RandomStream stream(1, RandomPurpose::kSynthetic);
  v1::Study study;
  v1::StudySpecification& spec = *study.mutable_specification();
  spec.set_seeds(3);
  for (const uint64_t size : {300, 750, 2000, 5000, 12000, 30000}) spec.add_sizes(size);
  for (const uint64_t parameters : {3000, 12000, 50000, 200000, 7}) {
    v1::Contender& contender = *spec.add_contenders();
    const bool lone = parameters == 7;
    contender.set_name(lone ? "cnn" : "mlp-" + std::to_string(parameters));
    if (!lone) contender.set_ladder_of("mlp");
    contender.set_family(v1::NETWORK);
    for (const uint64_t size : spec.sizes()) {
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(contender.name());
      point.set_size(size);
      point.set_job("jobs/" + contender.name() + "-" + std::to_string(size));
      point.set_state(v1::SUCCEEDED);
      point.set_parameters(parameters);
      for (uint64_t seed = 1; seed <= 3; ++seed) {
        v1::StudyPoint::Seed& run = *point.add_seeds();
        run.set_seed(seed);
        const double shift = 0.01 * Normal(stream, size, parameters + seed);
        run.set_error(At(lone ? 1e6 : static_cast<double>(parameters), static_cast<double>(size)) *
                      (1 + shift));
      }
    }
  }
  return study;
}

const v1::StudyLimit* LimitAt(const v1::StudyJointLaw& law, uint64_t parameters, uint64_t samples) {
  for (const v1::StudyLimit& limit : law.limits()) {
    if (limit.point().parameters() == parameters && limit.point().samples() == samples)
      return &limit;
  }
  return nullptr;
}

bool Has(const v1::IntervalEstimate& estimate, double truth) {
  return estimate.low() <= truth && truth <= estimate.high();
}

TEST(JointAnalysisTest, ALadderHasALawWithIntervals) {
  const v1::StudyAnalysis analysis = AnalyseStudy(Sample(), 0);
  ASSERT_EQ(analysis.joint_laws_size(), 1);
  const v1::StudyJointLaw& law = analysis.joint_laws(0);
  EXPECT_EQ(law.ladder(), "mlp");
  EXPECT_THAT(law.contenders(), ElementsAre("mlp-3000", "mlp-12000", "mlp-50000", "mlp-200000"));
  EXPECT_TRUE(Has(law.floor(), kFloor));
  EXPECT_TRUE(Has(law.model_scale(), kModel));
  EXPECT_TRUE(Has(law.model_exponent(), kModelPower));
  EXPECT_TRUE(Has(law.data_scale(), kData));
  EXPECT_TRUE(Has(law.data_exponent(), kDataPower));
  EXPECT_NEAR(law.data_exponent().value(), kDataPower, 0.05);
  EXPECT_GT(law.lack_of_fit(), 0.01);
}

// At 300 samples and 200,000 parameters: 0.05, 2 / 38.9 = 0.051 and 5 / 17.3 = 0.289.
TEST(JointAnalysisTest, EveryCellKnowsWhatLimitsIt) {
  const v1::StudyJointLaw law = AnalyseStudy(Sample(), 0).joint_laws(0);
  EXPECT_EQ(law.limits_size(), 1 + 4 * 6);
  const v1::StudyLimit* data = LimitAt(law, 200000, 300);
  ASSERT_NE(data, nullptr);
  EXPECT_EQ(data->limit(), v1::DATA_LIMITED);
  EXPECT_NEAR(data->data_share().value(), 0.289 / 0.39, 0.05);
  EXPECT_NEAR(data->error().value(), 0.39, 0.01);
  const v1::StudyLimit* model = LimitAt(law, 3000, 30000);  // 0.05, 0.18, 0.029
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->limit(), v1::MODEL_LIMITED);
}

TEST(JointAnalysisTest, AnswersForTheUsersOwnPoint) {
  v1::Study study = Sample();
  v1::OperatingPoint& point = *study.mutable_specification()->add_operating_points();
  point.set_parameters(3000);
  point.set_samples(30000);
  v1::OperatingPoint& beyond = *study.mutable_specification()->add_operating_points();
  beyond.set_parameters(1'000'000'000'000);
  beyond.set_samples(1'000'000'000);
  const v1::StudyAnalysis analysis = AnalyseStudy(study, 0);
  std::vector<v1::StudyFinding> found;
  for (const v1::StudyFinding& finding : analysis.findings()) {
    if (finding.claim().find("is limited by one factor") != std::string::npos)
      found.push_back(finding);
  }
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].claim(),
            "mlp with 3000 parameters and 30,000 samples is limited by one factor");
  EXPECT_EQ(found[0].verdict(), v1::HOLDS);
  EXPECT_THAT(found[0].sentence(), HasSubstr("model-limited"));
  EXPECT_EQ(found[0].jobs_size(), 24);
  EXPECT_THAT(found[1].sentence(), HasSubstr("beyond what was measured, so by the law alone"));
}

TEST(JointAnalysisTest, ALawThatMissesIsIllBehaved) {
  EXPECT_FALSE(AnalyseStudy(Sample(), 0).joint_laws(0).ill_behaved());
  v1::Study study = Sample();
  for (int i = 6; i < 12; ++i) {  // the second model, at every size
    for (auto& seed : *study.mutable_points(i)->mutable_seeds()) seed.set_error(seed.error() * 1.6);
  }
  const v1::StudyAnalysis analysis = AnalyseStudy(study, 0);
  EXPECT_TRUE(analysis.joint_laws(0).ill_behaved());
  EXPECT_GT(analysis.joint_laws(0).worst_miss(), 0.1);
  EXPECT_EQ(analysis.findings(analysis.findings_size() - 1).verdict(), v1::ILL_BEHAVED);
}

TEST(JointAnalysisTest, TooLittleIsSaid) {
  v1::Study study = Sample();
  study.mutable_points()->DeleteSubrange(18, 6);  // three models are left, the third with
  for (int i = 12; i < 18; ++i) study.mutable_points(i)->clear_seeds();  // no result
  v1::StudyAnalysis analysis = AnalyseStudy(study, 0);
  EXPECT_EQ(analysis.joint_laws_size(), 0) << "two models are no ladder";
  study = Sample();
  for (v1::StudyPoint& point : *study.mutable_points()) {
    if (point.size() > 2000) point.clear_seeds();
  }
  analysis = AnalyseStudy(study, 0);
  EXPECT_EQ(analysis.joint_laws_size(), 0);
  EXPECT_THAT(analysis.findings(analysis.findings_size() - 1).sentence(),
              HasSubstr("insufficient data: 0 model sizes"));
}

}  // namespace
}  // namespace trainyard
