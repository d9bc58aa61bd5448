#include "engine/studies/discrepancy.h"

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "engine/studies/curve_fit.h"
#include "engine/studies/forecast.h"
#include "engine/studies/guards.h"
#include "tests/engine/normal.h"

namespace trainyard::studies {
namespace {

constexpr double kTestSamples = 10'000;

double Law(double size) { return 0.05 + 4 / std::sqrt(size); }

LearningCurve Curve(const std::function<double(double)>& error_at, uint64_t repetition) {
  const RandomStream stream(repetition, RandomPurpose::kSynthetic);
  std::vector<MeasuredRun> runs;
  for (double size : {100, 250, 600, 1500, 4000, 10000, 25000, 60000}) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      const double noise = 0.01 * Normal(stream, static_cast<uint64_t>(size), seed);
      runs.push_back({size, seed, seed, error_at(size) * (1 + noise)});
    }
  }
  return *LearningCurve::Create("net", std::move(runs), kTestSamples);
}

// Three points of level 1 and one of 1.6, each with a variance of 0.01 and nothing in common: the
// mean is 1.15, the squares about it are 0.27, and 0.27 / (0.01 + d^2 1.15^2) = 3 for d = 0.245.
TEST(DiscrepancyTest, IsWhatTheFreedomExpects) {
  Observations observed;
  observed.samples = {100, 200, 400, 800};
  observed.means = Eigen::Vector4d(1, 1, 1, 1.6);
  observed.covariance = Eigen::Matrix4d::Identity() * 0.01;
  observed.freedom = 1000;
  const DiscrepantFit fit = AllowDiscrepancy(LawFit(LawKind::kConstant, observed), 0);
  EXPECT_NEAR(fit.law.law().At(100), 1.15, 1e-9);
  EXPECT_NEAR(fit.discrepancy, std::sqrt((0.27 / 3 - 0.01) / (1.15 * 1.15)), 1e-6);
  EXPECT_NEAR(fit.law.misfit(), 3, 1e-6);
  EXPECT_NEAR(LogResiduals(fit.law, 0)[3], std::log(1.6 / 1.15), 1e-9);
}

TEST(DiscrepancyTest, IsNoneWhereNoiseExplainsAll) {
  const CurveFit fit = FitCurve(Curve(Law, 1), LawKind::kPower);
  EXPECT_GT(fit.lack_of_fit, 0.05);
  EXPECT_EQ(fit.discrepancy, 0);
}

// Two points at 1 that share nearly all of their noise, two that are far off: a law by that
// covariance alone is beside all four.
TEST(DiscrepancyTest, AConstantLiesBetweenPointsThatShareTheirNoise) {
  Observations observed;
  observed.samples = {100, 200, 400, 800};
  observed.means = Eigen::Vector4d(1, 1, 1.5, 1.5);
  // As points of one distribution function: what is larger has a larger share in what is common.
  const Eigen::Vector4d common(0.1, 0.1, 0.15, 0.15);
  observed.covariance = Eigen::Matrix4d::Identity() * 1e-6 + common * common.transpose();
  observed.freedom = 100;
  const LawFit beside(LawKind::kConstant, observed);
  EXPECT_LT(beside.law().At(100), 0.5);
  const DiscrepantFit fit = AllowDiscrepancy(beside, 0);
  EXPECT_GT(fit.law.law().At(100), 1.1);
  EXPECT_LT(fit.law.law().At(100), 1.4);
}

TEST(DiscrepancyTest, CurvesThatFollowNoLawAreFittedThroughTheirMiddle) {
  const std::vector<std::pair<std::string, std::function<double(double)>>> cases = {
      {"waves", [](double size) { return Law(size) * (1 + 0.15 * std::sin(2 * std::log(size))); }},
      {"a step", [](double size) { return Law(size) * (size > 3000 ? 0.7 : 1); }},
      {"a peak",
       [](double size) {
         return Law(size) * (1 + 0.4 * std::exp(-std::pow(std::log(size / 2000), 2)));
       }},
  };
  for (const auto& [name, error_at] : cases) {
    for (uint64_t repetition = 0; repetition < 3; ++repetition) {
      const CurveFit fit = FitCurve(Curve(error_at, repetition), LawKind::kPower);
      const Eigen::VectorXd residuals = LogResiduals(fit.law, 0);
      const auto above = (residuals.array() > 0).count();
      EXPECT_GE(above, 3) << name;  // of 8; all 8 were
      EXPECT_LE(above, 5) << name;
      EXPECT_NEAR(residuals.mean(), 0, 0.05) << name;  // was 0.17 to 0.4
      EXPECT_LT(fit.lack_of_fit, 0.001) << name;
      EXPECT_GT(fit.discrepancy, 0.05) << name;
    }
  }
}

TEST(DiscrepancyTest, ForecastsHoldIt) {
  const auto waves = [](double size) {
    return Law(size) * (1 + 0.1 * std::sin(2 * std::log(size)));
  };
  const Forecast smooth = *MakeForecast(Curve(Law, 1), 120'000);
  const Forecast rough = *MakeForecast(Curve(waves, 1), 120'000);
  const auto width = [](const Forecast& forecast) {
    return (forecast.interval95.high - forecast.interval95.low) / forecast.value;
  };
  EXPECT_GT(width(rough), 2 * width(smooth));
  EXPECT_TRUE(rough.interval95.Contains(waves(120'000)));
}

}  // namespace
}  // namespace trainyard::studies
