#include <gmock/gmock.h>

#include "tests/engine/metrics/metric_check.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const float kNaN = std::nanf("");

// Predictions 0, 1, 2, 0, 1 of labels 0, 1, 1, 2, 1.
Rows FiveRows() {
  return {
      3, {3, 1, 2, /**/ 0, 5, 1, /**/ 1, 2, 3, /**/ 9, 0, 8, /**/ -3, -1, -2}, {0, 1, 1, 2, 1}, {}};
}

TEST(AccuracyTest, CountsRightRows) {
  EXPECT_DOUBLE_EQ(Measure(*MakeMetric("accuracy"), Classes(3), FiveRows())["accuracy"], 0.6);
}

TEST(AccuracyTest, TheFirstOfEqualOutputsIsPredicted) {
  EXPECT_EQ(Measure(*MakeMetric("accuracy"), Classes(2), {2, {1, 1}, {0}, {}})["accuracy"], 1);
  EXPECT_EQ(Measure(*MakeMetric("accuracy"), Classes(2), {2, {1, 1}, {1}, {}})["accuracy"], 0);
}

TEST(AccuracyTest, OneOutputIsTheLogitOfClassOne) {
  EXPECT_EQ(Measure(*MakeMetric("accuracy"), Classes(2),
                    {1, {2, -2, 0, 1}, {1, 0, 0, 0}, {}})["accuracy"],
            0.75);
}

TEST(AccuracyTest, NanIsAboveEveryNumber) {
  EXPECT_EQ(Measure(*MakeMetric("accuracy"), Classes(3), {3, {1, kNaN, 9}, {2}, {}})["accuracy"],
            0);
}

TEST(TopKTest, CountsRowsWithTheLabelAmongTheLargest) {
  const auto metric = MakeMetric("top_k", {{"k", RawValue{2.0}}});
  EXPECT_EQ(Measure(*metric, Classes(3), FiveRows())["top_2"], 1);
  EXPECT_DOUBLE_EQ(
      Measure(*MakeMetric("top_k", {{"k", RawValue{1.0}}}), Classes(3), FiveRows())["top_1"], 0.6);
  EXPECT_EQ(Measure(*metric, Classes(3), {3, {3, 2, 1, 1, 2, 3}, {2, 0}, {}})["top_2"], 0);
}

TEST(TopKTest, EqualOutputsCountInTheOrderOfClasses) {
  const auto metric = MakeMetric("top_k", {{"k", RawValue{2.0}}});
  EXPECT_DOUBLE_EQ(
      Measure(*metric, Classes(3), {3, {1, 1, 1, 1, 1, 1, 1, 1, 1}, {0, 1, 2}, {}})["top_2"],
      2.0 / 3);
}

TEST(TopKTest, RefusesWhatIsAlwaysRight) {
  EXPECT_EQ(MakeMetric("top_k")->Check(Classes(5)),
            absl::InvalidArgumentError("k = 5 is always right among 5 classes"));
  EXPECT_TRUE(MakeMetric("top_k")->Check(Classes(6)).ok());
}

// log softmax of (0, log 3) is (log 1/4, log 3/4).
TEST(LogLossTest, ByHand) {
  const Rows rows{2, {0, std::log(3.0f), 0, std::log(3.0f)}, {1, 0}, {}};
  EXPECT_NEAR(Measure(*MakeMetric("log_loss"), Classes(2), rows)["log_loss"],
              (std::log(4.0 / 3) + std::log(4.0)) / 2, 1e-7);
}

TEST(LogLossTest, OneOutputIsTheLogitOfClassOne) {
  const Rows rows{1, {std::log(3.0f), std::log(3.0f)}, {1, 0}, {}};
  EXPECT_NEAR(Measure(*MakeMetric("log_loss"), Classes(2), rows)["log_loss"],
              (std::log(4.0 / 3) + std::log(4.0)) / 2, 1e-7);
}

TEST(LogLossTest, LargeOutputsStayFinite) {
  EXPECT_EQ(Measure(*MakeMetric("log_loss"), Classes(2), {2, {1e4f, -1e4f}, {1}, {}})["log_loss"],
            2e4);
}

TEST(LogLossTest, NanShows) {
  EXPECT_TRUE(std::isnan(
      Measure(*MakeMetric("log_loss"), Classes(2), {2, {kNaN, 1}, {1}, {}})["log_loss"]));
}

// As uncertain as an even choice among four; and the geometric mean of 4/3 and 4.
TEST(PerplexityTest, ByHand) {
  EXPECT_NEAR(Measure(*MakeMetric("perplexity"), Classes(4),
                      {4, {1, 1, 1, 1, 2, 2, 2, 2}, {0, 3}, {}})["perplexity"],
              4, 1e-6);
  const Rows rows{2, {0, std::log(3.0f), 0, std::log(3.0f)}, {1, 0}, {}};
  EXPECT_NEAR(Measure(*MakeMetric("perplexity"), Classes(2), rows)["perplexity"],
              std::sqrt(16.0 / 3), 1e-6);
}

// Two rows of probability 3/4, one right: |2 * 3/4 - 1| / 2.
TEST(CalibrationErrorTest, ByHand) {
  const float l = std::log(3.0f);
  EXPECT_NEAR(Measure(*MakeMetric("calibration_error"), Classes(2),
                      {2, {0, l, 0, l}, {1, 0}, {}})["calibration_error"],
              0.25, 1e-7);
}

// Probabilities 3/4 (right) and 9/10 (wrong) are in different bins of ten, and in one bin of one.
TEST(CalibrationErrorTest, GapsOfABinCancel) {
  const Rows rows{2, {0, std::log(3.0f), 0, std::log(9.0f)}, {1, 0}, {}};
  const auto ten = MakeMetric("calibration_error", {{"bins", RawValue{10.0}}});
  const auto one = MakeMetric("calibration_error", {{"bins", RawValue{1.0}}});
  EXPECT_NEAR(Measure(*ten, Classes(2), rows)["calibration_error"], (0.25 + 0.9) / 2, 1e-7);
  EXPECT_NEAR(Measure(*one, Classes(2), rows)["calibration_error"], (0.75 + 0.9 - 1) / 2, 1e-7);
}

TEST(CalibrationErrorTest, CertainAndRightIsPerfect) {
  EXPECT_EQ(Measure(*MakeMetric("calibration_error"), Classes(2),
                    {2, {0, 1e4f}, {1}, {}})["calibration_error"],
            0);
}

TEST(CalibrationErrorTest, NanShows) {
  EXPECT_TRUE(std::isnan(Measure(*MakeMetric("calibration_error"), Classes(2),
                                 {2, {kNaN, 1, 0, 1}, {1, 1}, {}})["calibration_error"]));
}

// Class 0: predicted 2, samples 1, right 1. Class 1: 2, 3, 2. Class 2: 1, 1, 0.
TEST(PrecisionRecallF1Test, ByHand) {
  const auto values = Measure(*MakeMetric("precision_recall_f1"), Classes(3), FiveRows());
  EXPECT_DOUBLE_EQ(values.at("precision/0"), 0.5);
  EXPECT_DOUBLE_EQ(values.at("recall/0"), 1);
  EXPECT_DOUBLE_EQ(values.at("f1/0"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(values.at("precision/1"), 1);
  EXPECT_DOUBLE_EQ(values.at("recall/1"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(values.at("f1/1"), 0.8);
  EXPECT_DOUBLE_EQ(values.at("f1/2"), 0);
  EXPECT_DOUBLE_EQ(values.at("precision/macro"), 0.5);
  EXPECT_DOUBLE_EQ(values.at("recall/macro"), (1 + 2.0 / 3) / 3);
  EXPECT_DOUBLE_EQ(values.at("f1/macro"), (2.0 / 3 + 0.8) / 3);
}

TEST(PrecisionRecallF1Test, AClassThatNeverOccursIsNotInTheMean) {
  const auto values =
      Measure(*MakeMetric("precision_recall_f1"), Classes(3), {3, {1, 0, 0, 0, 1, 0}, {0, 1}, {}});
  EXPECT_EQ(values.at("f1/macro"), 1);
  EXPECT_EQ(values.at("f1/2"), 0);
}

TEST(PrecisionRecallF1Test, LeavesOutClassesOnDemand) {
  const auto metric = MakeMetric("precision_recall_f1", {{"per_class", RawValue{false}}});
  EXPECT_EQ(Measure(*metric, Classes(3), FiveRows()).size(), 3u);
  EXPECT_TRUE(metric->Check(Classes(5000)).ok());
}

TEST(PrecisionRecallF1Test, RefusesTooManySeries) {
  EXPECT_THAT(std::string(MakeMetric("precision_recall_f1")->Check(Classes(5000)).message()),
              HasSubstr("set per_class: false"));
}

TEST(ConfusionTest, CountsByTrueAndPredictedClass) {
  const auto metric = MakeMetric("confusion");
  const MetricReport report = ReportOf(*metric, Classes(3), FiveRows(), 2);
  ASSERT_EQ(report.matrices.size(), 1u);
  EXPECT_EQ(report.matrices[0].name, "confusion");
  EXPECT_EQ(report.matrices[0].rows, 3);
  EXPECT_EQ(report.matrices[0].columns, 3);
  EXPECT_THAT(report.matrices[0].values, ElementsAre(1, 0, 0, 0, 2, 1, 1, 0, 0));
}

TEST(ConfusionTest, RefusesMoreClassesThanAnEventHolds) {
  EXPECT_FALSE(MakeMetric("confusion")->Check(Classes(1'000'000)).ok());
}

TEST(LossTest, IsTheMeanOfTheTrainingLoss) {
  const auto metric = MakeMetric("loss");
  metric->Reset(Classes(2));
  MetricBatch batch;
  batch.count = 3;
  batch.loss_sum = 1.5;
  metric->Update(batch);
  batch.count = 1;
  batch.loss_sum = 2.5;
  metric->Update(batch);
  MetricReport report;
  metric->Report(report);
  ASSERT_EQ(report.scalars.size(), 1u);
  EXPECT_EQ(report.scalars[0].value, 1.0);
  EXPECT_TRUE(metric->Check(Targets(2)).ok());
}

class ClassificationMetricTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ClassificationMetricTest, RefusesARegression) {
  const absl::Status status = MakeMetric(GetParam())->Check(Targets(1));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("needs classes, the data has numeric targets; use mse, mae or r2"));
}

TEST_P(ClassificationMetricTest, WithoutSamplesHasNoNumber) {
  const auto metric = MakeMetric(GetParam());
  const MetricReport report = ReportOf(*metric, Classes(10), {10, {}, {}, {}}, 1);
  for (const auto& scalar : report.scalars) {
    const bool of_a_class = scalar.name.find('/') != std::string::npos &&
                            scalar.name.find("/macro") == std::string::npos;
    EXPECT_TRUE(of_a_class || std::isnan(scalar.value)) << scalar.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Types, ClassificationMetricTest,
                         ::testing::Values("accuracy", "top_k", "log_loss", "perplexity",
                                           "calibration_error", "precision_recall_f1", "confusion",
                                           "auc"));

}  // namespace
}  // namespace trainyard
