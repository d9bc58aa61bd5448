#include "engine/studies/curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/status.h"

namespace trainyard::studies {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LearningCurveTest, SortsAndCounts) {
  const auto curve = LearningCurve::Create(
      "svm", {{200, 1, 1, 0.1}, {100, 1, 1, 0.3}, {100, 2, 2, 0.5}, {200, 2, 2, 0.3}}, 1000);
  ASSERT_TRUE(curve.ok());
  ASSERT_EQ(curve->points.size(), 2u);
  EXPECT_EQ(curve->points[0].size, 100);
  EXPECT_DOUBLE_EQ(curve->points[0].mean, 0.4);
  EXPECT_DOUBLE_EQ(curve->points[0].UnitVariance(), 0.02);  // (0.1^2 + 0.1^2) / 1
  EXPECT_EQ(curve->points[0].freedom(), 1);
  EXPECT_EQ(curve->UpTo(150).points.size(), 1u);
}

// Two subsets, two initialisations each: what repeats independently is the subset.
TEST(LearningCurveTest, RunsOfOneSubsetAreOneUnit) {
  const auto curve = LearningCurve::Create(
      "net", {{100, 1, 1, 0.1}, {100, 1, 2, 0.2}, {100, 2, 1, 0.3}, {100, 2, 2, 0.4}});
  ASSERT_TRUE(curve.ok());
  EXPECT_THAT(curve->points[0].unit_seeds, ElementsAre(1, 2));
  EXPECT_DOUBLE_EQ(curve->points[0].unit_means[0], 0.15);
  EXPECT_DOUBLE_EQ(curve->points[0].unit_means[1], 0.35);
}

TEST(LearningCurveTest, InitialisationsRepeatWhereTheSubsetIsOne) {
  const auto curve = LearningCurve::Create("net", {{100, 7, 1, 0.1}, {100, 7, 2, 0.2}});
  ASSERT_TRUE(curve.ok());
  EXPECT_THAT(curve->points[0].unit_seeds, ElementsAre(1, 2));
}

TEST(LearningCurveTest, FailedRunsAreLeftOutAndSaid) {
  const auto curve = LearningCurve::Create(
      "net", {{100, 1, 1, NAN}, {100, 2, 2, 0.2}, {200, 1, 1, INFINITY}, {300, 1, 1, 0.1}});
  ASSERT_TRUE(curve.ok());
  EXPECT_EQ(curve->failed_runs, 2);
  ASSERT_EQ(curve->points.size(), 2u);
  EXPECT_EQ(curve->points[0].runs.size(), 1u);
  EXPECT_THAT(curve->notes, ElementsAre("1 of 2 runs at size 100 failed and are left out",
                                        "1 of 1 runs at size 200 failed: the size is left out"));
}

TEST(LearningCurveTest, RefusesWhatIsNoCurve) {
  const auto message = [](std::vector<MeasuredRun> runs, double test_samples) {
    return Message(LearningCurve::Create("x", std::move(runs), test_samples).status());
  };
  EXPECT_THAT(message({{0, 1, 1, 0.1}}, 0), HasSubstr("runs[0]: size 0"));
  EXPECT_THAT(message({{10, 1, 1, 0.1}, {NAN, 1, 1, 0.1}}, 0), HasSubstr("runs[1]: size nan"));
  EXPECT_THAT(message({{INFINITY, 1, 1, 0.1}}, 0), HasSubstr("size inf"));
  EXPECT_THAT(message({{1e16, 1, 1, 0.1}}, 0), HasSubstr("at most 1e+15"));
  EXPECT_THAT(message({{10, 1, 1, -0.1}}, 0), HasSubstr("at least 0"));
  EXPECT_THAT(message({{10, 1, 1, 1.5}}, 1000), HasSubstr("at most 1"));
  EXPECT_THAT(message({}, NAN), HasSubstr("test_samples"));
  std::vector<MeasuredRun> many;
  for (int i = 1; i <= 201; ++i) many.push_back({1.0 * i, 1, 1, 0.1});
  EXPECT_THAT(message(many, 0), HasSubstr("at most 200"));
  EXPECT_TRUE(LearningCurve::Create("a loss", {{10, 1, 1, 1.5}}).ok());
  EXPECT_TRUE(LearningCurve::Create("nothing", {})->points.empty());
}

}  // namespace
}  // namespace trainyard::studies
