#include "server/studies/feature_pairs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "server/studies/study_analysis.h"

namespace trainyard {
namespace {

void AddContender(const char* name, const char* learner,
                  std::initializer_list<const char*> transforms, v1::StudySpecification& study) {
  v1::Contender& contender = *study.add_contenders();
  contender.set_name(name);
  contender.set_family(v1::TRADITIONAL);
  contender.mutable_specification()->mutable_learner()->set_type(learner);
  for (const char* transform : transforms) contender.add_transforms()->set_type(transform);
}

TEST(FeaturePairsTest, PairsTheSameLearnerWithoutAndWithFeatures) {
  v1::StudySpecification study;
  AddContender("svm", "linear_svm", {"standardize"}, study);
  AddContender("hog-svm", "linear_svm", {"hog"}, study);
  AddContender("hog-pca-svm", "linear_svm", {"hog", "pca"}, study);
  AddContender("forest", "random_forest", {}, study);
  AddContender("min-max-svm", "linear_svm", {"min_max"}, study);
  // What is tried at each size may differ.
  study.mutable_contenders(1)->add_candidates()->set_learning_rate(1);
  std::vector<std::pair<int, int>> found;
  for (const FeaturePair& pair : FeaturePairs(study)) found.emplace_back(pair.without, pair.with);
  EXPECT_THAT(found,
              testing::ElementsAre(testing::Pair(0, 1), testing::Pair(0, 2), testing::Pair(1, 2),
                                   testing::Pair(4, 1), testing::Pair(4, 2)));
}

TEST(FeaturePairsTest, OtherParametersAreAnotherWayToLearn) {
  v1::StudySpecification study;
  AddContender("svm", "linear_svm", {}, study);
  AddContender("hog-svm", "linear_svm", {"hog"}, study);
  (*study.mutable_contenders(1)->mutable_specification()->mutable_learner()->mutable_params())["c"]
      .set_number_value(3);
  EXPECT_TRUE(FeaturePairs(study).empty());
}

// Features halve the errors at 100 samples and change nothing at 10,000.
TEST(FeaturePairsTest, TheAnalysisTellsTheirGain) {
  v1::Study study;
  AddContender("svm", "linear_svm", {}, *study.mutable_specification());
  AddContender("hog-svm", "linear_svm", {"hog"}, *study.mutable_specification());
  study.mutable_specification()->set_seeds(3);
  const double without[] = {0.4, 0.2, 0.1}, with[] = {0.2, 0.14, 0.1};
  for (int contender = 0; contender < 2; ++contender) {
    double size = 100;
    for (int i = 0; i < 3; ++i, size *= 10) {
      v1::StudyPoint& point = *study.add_points();
      point.set_contender(contender == 0 ? "svm" : "hog-svm");
      point.set_size(static_cast<uint64_t>(size));
      point.set_job(contender == 0 ? "jobs/a" : "jobs/b");
      for (uint64_t seed = 1; seed <= 3; ++seed) {
        v1::StudyPoint::Seed& out = *point.add_seeds();
        out.set_seed(seed);
        out.set_error((contender == 0 ? without[i] : with[i]) *
                      (1 + 0.01 * static_cast<double>(seed)));
      }
    }
  }
  const v1::StudyAnalysis analysis = AnalyseStudy(study, 10000);
  ASSERT_EQ(analysis.feature_gains_size(), 1);
  const v1::StudyFeatureGain& gain = analysis.feature_gains(0);
  EXPECT_EQ(gain.without(), "svm");
  EXPECT_EQ(gain.with(), "hog-svm");
  ASSERT_EQ(gain.points_size(), 3);
  EXPECT_NEAR(gain.points(0).removed().value(), 0.5, 1e-9);
  EXPECT_NEAR(gain.points(2).removed().value(), 0, 1e-9);
  int told = 0;
  for (const v1::StudyFinding& finding : analysis.findings()) {
    if (finding.claim() != "with more data svm needs the features of hog-svm less") continue;
    ++told;
    EXPECT_EQ(finding.verdict(), v1::HOLDS);
    EXPECT_THAT(finding.jobs(), testing::Contains("jobs/b"));
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace trainyard
