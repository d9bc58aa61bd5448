#include "engine/studies/cost_law.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trainyard::studies {
namespace {

TEST(CostLawTest, AnExactPowerIsFoundAgain) {
  std::vector<RunCost> runs;
  for (const double n : {100, 1000, 10'000}) runs.push_back({n, 0, 0.003 * std::pow(n, 1.2)});
  const auto cost = PredictCost(runs, 1e5, 0);
  ASSERT_TRUE(cost.ok());
  EXPECT_NEAR(cost->value, 0.003 * 1e6, 1e-6);
  EXPECT_NEAR(cost->interval.high / cost->interval.low, 1, 1e-6);
}

// By hand: logs of base 10 (0, 0), (1, 1), (2, 3): slope 1.5, intercept -1/6, residuals 1/6, -1/3,
// 1/6, variance 1/6 of one degree of freedom. At 3: 4 1/3, variance 1/6 (1 + 1/3 + 4/2), t(1) =
// 12.7062.
TEST(CostLawTest, IntervalsAreThoseOfOneMoreRun) {
  const auto cost = PredictCost({{1, 0, 1}, {10, 0, 10}, {100, 0, 1000}}, 1000, 0);
  ASSERT_TRUE(cost.ok());
  EXPECT_NEAR(std::log10(cost->value), 13.0 / 3, 1e-9);
  EXPECT_NEAR(std::log10(cost->interval.high) - 13.0 / 3, 12.7062 * std::sqrt(10.0 / 3 / 6), 1e-3);
}

TEST(CostLawTest, ParametersCountWhereTheyDiffer) {
  std::vector<RunCost> runs;
  for (const double n : {1000, 3000, 10'000})
    for (const double p : {1e4, 1e5}) runs.push_back({n, p, 1e-9 * n * p});
  const auto cost = PredictCost(runs, 1e5, 1e6);
  ASSERT_TRUE(cost.ok());
  EXPECT_NEAR(cost->value, 100, 1e-6);
}

TEST(CostLawTest, SmallRunsAreStartUp) {
  std::vector<RunCost> runs;
  for (const double n : {10, 20, 3000, 10'000, 30'000})
    runs.push_back({n, 0, n < 100 ? 0.5 : 1e-3 * n});
  EXPECT_NEAR(PredictCost(runs, 3e5, 0)->value, 300, 1e-6);
}

TEST(CostLawTest, TooFewAreRefused) {
  EXPECT_EQ(PredictCost({}, 10, 0).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(PredictCost({{1, 0, 1}, {10, 0, 10}, {10, 0, 11}}, 100, 0).ok());
  EXPECT_FALSE(PredictCost({{1, 0, 1}, {10, 0, 0}, {100, 0, NAN}}, 100, 0).ok());
}

}  // namespace
}  // namespace trainyard::studies
