#include <gmock/gmock.h>

#include "tests/engine/metrics/metric_check.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

// Differences 1, -2, 0, 3.
Rows FourValues() { return {1, {2, 3, 5, 10}, {}, {1, 5, 5, 7}}; }

TEST(MseTest, ByHand) {
  EXPECT_EQ(Measure(*MakeMetric("mse"), Targets(1), FourValues())["mse"], 3.5);
}

TEST(MaeTest, ByHand) {
  EXPECT_EQ(Measure(*MakeMetric("mae"), Targets(1), FourValues())["mae"], 1.5);
}

// Targets around their mean 4.5: 12.25 + 0.25 + 0.25 + 6.25 = 19; residuals 14.
TEST(R2Test, ByHand) {
  EXPECT_DOUBLE_EQ(Measure(*MakeMetric("r2"), Targets(1), FourValues())["r2"], 1 - 14.0 / 19);
}

TEST(R2Test, PerfectIsOneAndTheMeanIsZero) {
  EXPECT_EQ(Measure(*MakeMetric("r2"), Targets(1), {1, {1, 2, 6}, {}, {1, 2, 6}})["r2"], 1);
  EXPECT_DOUBLE_EQ(Measure(*MakeMetric("r2"), Targets(1), {1, {3, 3, 3}, {}, {1, 2, 6}})["r2"], 0);
}

TEST(R2Test, IsTheMeanOverTargets) {
  // The first column is perfect, the second is its mean.
  EXPECT_DOUBLE_EQ(
      Measure(*MakeMetric("r2"), Targets(2), {2, {1, 5, 2, 5}, {}, {1, 4, 2, 6}})["r2"], 0.5);
}

TEST(R2Test, ATargetThatDoesNotVaryHasNone) {
  EXPECT_TRUE(std::isnan(Measure(*MakeMetric("r2"), Targets(1), {1, {1, 2}, {}, {3, 3}})["r2"]));
}

// Sums of squares in doubles would lose the variance of 0.25 against 10^14.
TEST(R2Test, KeepsDigitsOfLargeTargets) {
  const float base = 8388608;  // 2^23: floats of step 1
  const Rows rows{1, {base, base + 1, base, base + 1}, {}, {base, base + 1, base + 1, base}};
  EXPECT_NEAR(Measure(*MakeMetric("r2"), Targets(1), rows)["r2"], -1, 1e-9);
}

TEST(RegressionTest, AveragesOverTargetsToo) {
  const Rows rows{2, {1, 2, 3, 4}, {}, {1, 2, 3, 0}};
  EXPECT_EQ(Measure(*MakeMetric("mse"), Targets(2), rows)["mse"], 4);
  EXPECT_EQ(Measure(*MakeMetric("mae"), Targets(2), rows)["mae"], 1);
}

class RegressionMetricTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RegressionMetricTest, RefusesClasses) {
  const absl::Status status = MakeMetric(GetParam())->Check(Classes(10));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("needs numeric targets, the data has classes; use accuracy, log_loss or auc"));
}

TEST_P(RegressionMetricTest, WithoutSamplesHasNoNumber) {
  const MetricReport report = ReportOf(*MakeMetric(GetParam()), Targets(1), {1, {}, {}, {}}, 1);
  ASSERT_EQ(report.scalars.size(), 1u);
  EXPECT_TRUE(std::isnan(report.scalars[0].value));
}

TEST_P(RegressionMetricTest, NanShows) {
  EXPECT_TRUE(std::isnan(Measure(*MakeMetric(GetParam()), Targets(1),
                                 {1, {1, std::nanf("")}, {}, {1, 2}})[GetParam()]));
}

INSTANTIATE_TEST_SUITE_P(Types, RegressionMetricTest, ::testing::Values("mse", "mae", "r2"));

}  // namespace
}  // namespace trainyard
