#include "engine/studies/predictability.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

TEST(KendallTauTest, ByHand) {
  EXPECT_EQ(KendallTau({1, 2, 3, 4}, {1, 2, 3, 4}), 1);
  EXPECT_EQ(KendallTau({1, 2, 3, 4}, {4, 3, 2, 1}), -1);
  // One of six pairs is reversed.
  EXPECT_NEAR(KendallTau({1, 2, 3, 4}, {1, 2, 4, 3}), 4.0 / 6, 1e-15);
  // Pairs: 5 agree, one is tied in a: 5 / sqrt(5 x 6).
  EXPECT_NEAR(KendallTau({1, 1, 3, 4}, {1, 2, 3, 4}), 5 / std::sqrt(30.0), 1e-15);
  EXPECT_TRUE(std::isnan(KendallTau({1, 1}, {1, 2})));
  EXPECT_TRUE(std::isnan(KendallTau({1}, {1})));
}

std::vector<LearningCurve> Models(double noise, double noise_exponent, uint64_t repetition) {
  std::vector<LearningCurve> models;
  for (uint32_t model = 0; model < 4; ++model) {
    SyntheticTask task;
    task.model = model;
    task.noise = noise;
    task.noise_exponent = noise_exponent;
    task.exponent = 0.35 + 0.1 * model;
    task.asymptote = 0.1 - 0.02 * model;
    models.push_back(task.Draw(repetition));
  }
  return models;
}

TEST(PredictabilityTest, LittleDataIsLessPredictable) {
  const Predictability result = AnalysePredictability(Models(0.08, 0.2, 1));
  EXPECT_EQ(result.finding.verdict, Verdict::kHolds);
  EXPECT_LT(result.deviation_slope.interval.high, 0);
  const PredictabilityAtSize& first = result.sizes.front();
  const PredictabilityAtSize& last = result.sizes.back();
  EXPECT_GT(first.deviation, 4 * last.deviation);
  EXPECT_NEAR(first.relative_deviation, 0.08, 0.03);
  EXPECT_LT(first.seed_agreement, 0.6);  // at 100 samples all four have the same error
  EXPECT_GT(last.seed_agreement, 0.95);
  EXPECT_EQ(last.final_agreement, 1);
  EXPECT_LT(std::abs(first.final_agreement), 1);
}

TEST(PredictabilityTest, ForecastsAreScoredTenfoldAhead) {
  const Predictability result = AnalysePredictability(Models(0.03, 0.1, 2));
  int forecasts = 0;
  for (const PredictabilityAtSize& at : result.sizes) {
    forecasts += at.forecasts;
    if (at.forecasts > 0) {
      EXPECT_LT(at.forecast_log_error, 0.5);
    } else {
      EXPECT_TRUE(std::isnan(at.forecast_log_error));
    }
  }
  EXPECT_GT(forecasts, 0);
}

// Noise that grows with the data as fast as errors fall.
TEST(PredictabilityTest, DoesNotHoldWhereNoiseGrows) {
  EXPECT_EQ(AnalysePredictability(Models(0.01, -0.9, 1)).finding.verdict, Verdict::kDoesNotHold);
}

TEST(PredictabilityTest, NeedsSeedsThatDiffer) {
  EXPECT_EQ(AnalysePredictability({}).finding.verdict, Verdict::kInsufficientData);
  const auto one = LearningCurve::Create("svm", {{100, 1, 1, 0.1}, {1000, 1, 1, 0.05}});
  const Predictability result = AnalysePredictability({*one});
  EXPECT_EQ(result.finding.verdict, Verdict::kInsufficientData);
  EXPECT_TRUE(std::isnan(result.sizes[0].deviation));
  EXPECT_TRUE(std::isnan(result.sizes[0].seed_agreement));
}

}  // namespace
}  // namespace trainyard::studies
