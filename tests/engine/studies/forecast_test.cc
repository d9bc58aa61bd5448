// Forecasts one by one and their scores; how often they cover is in calibration_test.cc.
#include "engine/studies/forecast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/status.h"
#include "engine/studies/distributions.h"
#include "tests/engine/studies/synthetic_curve.h"

namespace trainyard::studies {
namespace {

using ::testing::HasSubstr;

TEST(ForecastTest, IntervalsAreNested) {
  const auto forecast = MakeForecast(SyntheticTask().Draw(1), 600000);
  ASSERT_TRUE(forecast.ok());
  EXPECT_LT(forecast->interval95.low, forecast->interval80.low);
  EXPECT_LT(forecast->interval80.low, forecast->value);
  EXPECT_LT(forecast->value, forecast->interval80.high);
  EXPECT_LT(forecast->interval80.high, forecast->interval95.high);
  EXPECT_TRUE(std::is_sorted(forecast->quantiles.begin(), forecast->quantiles.end()));
  EXPECT_NEAR(forecast->value, SyntheticTask().law().At(600000), 0.01);
}

TEST(ForecastTest, AMeanOfSeedsIsSurerThanARun) {
  const LearningCurve curve = SyntheticTask().Draw(1);
  const auto one = MakeForecast(curve, 100000, {.seeds = 1});
  const auto mean = MakeForecast(curve, 100000, {.seeds = 100});
  EXPECT_LT(mean->interval80.high - mean->interval80.low,
            0.7 * (one->interval80.high - one->interval80.low));
}

TEST(ForecastTest, ANewTestPartIsLessSure) {
  SyntheticTask task;
  task.noise = 0.01;
  task.test_samples = 1000;
  const LearningCurve curve = task.Draw(1);
  const auto same = MakeForecast(curve, 100000);
  const auto other = MakeForecast(curve, 100000, {.same_test_part = false});
  EXPECT_GT(other->interval80.high - other->interval80.low,
            1.3 * (same->interval80.high - same->interval80.low));
}

TEST(ForecastTest, RefusesWhatCannotBeAsked) {
  const LearningCurve curve = SyntheticTask().Draw(1);
  EXPECT_THAT(Message(MakeForecast(curve, -1).status()), HasSubstr("-1 samples"));
  EXPECT_FALSE(MakeForecast(curve, INFINITY).ok());
  EXPECT_FALSE(MakeForecast(curve, NAN).ok());
  EXPECT_FALSE(MakeForecast(curve, 1000, {.seeds = 0}).ok());
  const auto few = MakeForecast(curve.UpTo(1000), 1000);
  EXPECT_EQ(few.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Message(few.status()), HasSubstr("insufficient data"));
}

// Of a standard normal at its centre: 2 phi(0) - 1 / sqrt pi; at y: y (2 Phi(y) - 1) + 2 phi(y) - 1
// / sqrt pi (Gneiting and Raftery 2007).
TEST(ForecastScoreTest, CrpsOfANormal) {
  Forecast forecast;
  for (int i = 0; i < 400; ++i) forecast.quantiles.push_back(NormalQuantile((i + 0.5) / 400));
  for (double y : {0.0, 0.7, -2.5}) {
    const double expected = y * (2 * NormalCdf(y) - 1) + 2 * NormalDensity(y) - 1 / std::sqrt(M_PI);
    EXPECT_NEAR(Crps(forecast, y), expected, 2e-3) << y;
  }
}

TEST(ForecastScoreTest, CrpsOfAPointIsItsError) {
  Forecast forecast;
  forecast.value = 0.3;
  EXPECT_DOUBLE_EQ(Crps(forecast, 0.1), 0.2);
  forecast.quantiles.assign(20, 0.3);
  EXPECT_NEAR(Crps(forecast, 0.1), 0.2, 1e-12);
}

TEST(ForecastScoreTest, CountsWhatCameInside) {
  Forecast forecast;
  forecast.value = 0.2;
  forecast.interval80 = {0.15, 0.25};
  forecast.interval95 = {0.1, 0.3};
  const ForecastScore score =
      ScoreForecasts({{forecast, 0.2}, {forecast, 0.28}, {forecast, 0.5}, {forecast, NAN}});
  EXPECT_EQ(score.count, 3);
  EXPECT_NEAR(score.coverage80, 1.0 / 3, 1e-12);
  EXPECT_NEAR(score.coverage95, 2.0 / 3, 1e-12);
  EXPECT_NEAR(score.crps, (0 + 0.08 + 0.3) / 3, 1e-12);
  EXPECT_NEAR(score.log_error,
              std::sqrt((std::pow(std::log(1.4), 2) + std::pow(std::log(2.5), 2)) / 3), 1e-12);
  EXPECT_EQ(ScoreForecasts({}).count, 0);
}

}  // namespace
}  // namespace trainyard::studies
