#include "server/studies/activation_analysis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "server/studies/study_analysis.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ActivationAnalysisTest : public ::testing::Test {
 protected:
  ActivationAnalysisTest() {
    v1::ActivationStudy& activation = *study_.mutable_specification()->mutable_activation();
    for (const char* type : {"relu", "tanh", "sigmoid"})
      activation.add_activations()->set_type(type);
    activation.add_baselines("sigmoid");
    activation.add_baselines("tanh");
    activation.add_depths(8);
    activation.set_threshold(0.25);
    for (const double rate : {0.01, 0.1}) activation.add_learning_rates(rate);
  }
  // Steps of each seed; below 0: that many, and not reached.
  v1::StudyPoint& Add(const std::string& activation, const std::vector<double>& steps,
                      double gradient_ratio = 0.5) {
    v1::Contender& contender = *study_.mutable_specification()->add_contenders();
    contender.set_name(activation + "-8-he");
    (*contender.mutable_levels())["activation"] = activation;
    (*contender.mutable_levels())["depth"] = "8";
    (*contender.mutable_levels())["initializer"] = "he";
    v1::StudyPoint& point = *study_.add_points();
    point.set_contender(contender.name());
    point.set_job("jobs/" + activation);
    point.set_state(v1::SUCCEEDED);
    uint64_t seed = 0;
    for (const double step : steps) {
      v1::CostToThreshold& cost = *point.mutable_activation()->add_costs();
      cost.set_seed(++seed);
      cost.set_reached(step > 0);
      cost.set_steps(std::abs(step));
      cost.set_samples(10 * std::abs(step));
      cost.set_seconds(std::numeric_limits<double>::quiet_NaN());
      point.mutable_activation()->add_gradient_ratios(gradient_ratio *
                                                      (1 + 0.01 * static_cast<double>(seed)));
    }
    point.mutable_activation()->set_diagnosis("gradients are healthy");
    return point;
  }
  const v1::StudyFinding* Finding(const v1::StudyAnalysis& analysis, const std::string& part) {
    for (const v1::StudyFinding& finding : analysis.findings()) {
      if (finding.claim().find(part) != std::string::npos) return &finding;
    }
    return nullptr;
  }

  v1::Study study_;
};

// Log ratios are log 4 three times and log 2 twice: mean log 3.0314.
TEST_F(ActivationAnalysisTest, EachPairOnceWithItsInterval) {
  Add("relu", {100, 100, 100, 200, 200});
  Add("tanh", {200, 200, 200, 200, 200});
  Add("sigmoid", {400, 400, 400, 400, 400}, 1e-5);
  const v1::StudyAnalysis analysis = AnalyseStudy(study_, 100);
  EXPECT_EQ(analysis.points(), 3u);
  ASSERT_EQ(analysis.speed_ups_size(), 3);
  const v1::StudySpeedUp& relu = analysis.speed_ups(1);
  EXPECT_EQ(relu.treatment() + " " + relu.baseline(), "relu-8-he sigmoid-8-he");
  EXPECT_NEAR(relu.steps().value(), 3.0314, 1e-4);
  EXPECT_LT(relu.steps().low(), relu.steps().value());
  EXPECT_NEAR(relu.samples().value(), 3.0314, 1e-4);
  EXPECT_EQ(relu.verdict(), v1::HOLDS);
  const v1::StudySpeedUp& tanh = analysis.speed_ups(2);
  EXPECT_EQ(tanh.treatment() + " " + tanh.baseline(), "tanh-8-he sigmoid-8-he");
  // The text's claim is about relu.
  const v1::StudyFinding* claim = Finding(
      analysis, "relu reaches 25 % training error in fewer steps than sigmoid (depth 8, he)");
  ASSERT_NE(claim, nullptr);
  EXPECT_EQ(claim->verdict(), v1::HOLDS);
  EXPECT_THAT(claim->sentence(), HasSubstr("over 5 paired seeds"));
  EXPECT_THAT(claim->sentence(), Not(HasSubstr("seconds"))) << "they are not known";
  EXPECT_EQ(claim->jobs_size(), 2);
  EXPECT_EQ(Finding(analysis, "tanh reaches"), nullptr);
}

TEST_F(ActivationAnalysisTest, WhatIsNeverReachedIsABound) {
  Add("relu", {100, 110, 120, 130, 140});
  Add("sigmoid", {-1000, -1000, -1000, -1000, -1000});
  const v1::StudySpeedUp speed_up = AnalyseActivations(study_).speed_ups(0);
  EXPECT_EQ(speed_up.only_treatment(), 5u);
  EXPECT_TRUE(std::isinf(speed_up.steps().value()));
  EXPECT_NEAR(speed_up.steps().low(), 1000.0 / 140, 1e-9);
  EXPECT_EQ(speed_up.verdict(), v1::HOLDS);
}

TEST_F(ActivationAnalysisTest, ASlowerActivationDoesNotHold) {
  Add("relu", {300, 310, 320});
  Add("tanh", {100, 101, 102});
  EXPECT_EQ(AnalyseActivations(study_).findings(0).verdict(), v1::DOES_NOT_HOLD);
}

TEST_F(ActivationAnalysisTest, NobodyReachesIt) {
  Add("relu", {-100, -100, -100});
  Add("sigmoid", {-100, -100, -100});
  const v1::StudyAnalysis analysis = AnalyseActivations(study_);
  EXPECT_EQ(analysis.speed_ups(0).verdict(), v1::INSUFFICIENT_DATA);
  EXPECT_EQ(analysis.speed_ups(0).neither(), 3u);
  EXPECT_THAT(analysis.findings(0).sentence(), HasSubstr("insufficient data"));
}

TEST_F(ActivationAnalysisTest, GradientsAreJudgedBySeeds) {
  Add("relu", {100, 100, 100}, 0.5);
  Add("tanh", {100, 100, 100}, 1e-3);
  Add("sigmoid", {100, 100, 100}, 1e-5);
  const v1::StudyAnalysis analysis = AnalyseActivations(study_);
  EXPECT_EQ(Finding(analysis, "gradients of relu vanish")->verdict(), v1::DOES_NOT_HOLD);
  EXPECT_EQ(Finding(analysis, "gradients of tanh vanish")->verdict(), v1::UNDECIDED);
  EXPECT_EQ(Finding(analysis, "gradients of sigmoid vanish")->verdict(), v1::HOLDS);
  study_.mutable_points(2)->mutable_activation()->clear_gradient_ratios();
  EXPECT_EQ(Finding(AnalyseActivations(study_), "gradients of sigmoid vanish")->verdict(),
            v1::INSUFFICIENT_DATA);
}

TEST_F(ActivationAnalysisTest, ARateAtTheEdgeIsSaid) {
  Add("relu", {100, 100, 100});
  v1::StudyPoint& point = Add("sigmoid", {400, 400, 400});
  point.set_candidate(1);
  point.mutable_activation()->set_at_the_edge(true);
  EXPECT_THAT(AnalyseActivations(study_).findings(0).sentence(),
              HasSubstr("sigmoid is best at 0.1, the edge of the learning rates that were tried"));
}

TEST_F(ActivationAnalysisTest, PointsThatHaveNotEndedAreLeftOut) {
  Add("relu", {100, 100, 100});
  Add("sigmoid", {400, 400, 400});
  study_.mutable_points(1)->clear_activation();
  const v1::StudyAnalysis analysis = AnalyseActivations(study_);
  EXPECT_EQ(analysis.points(), 1u);
  EXPECT_EQ(analysis.speed_ups_size(), 0);
}

}  // namespace
}  // namespace trainyard
