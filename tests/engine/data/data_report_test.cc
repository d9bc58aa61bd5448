#include "engine/data/data_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/data/source.h"
#include "engine/data/split.h"
#include "engine/tensor/thread_pool.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Bytes, two a sample; sample i is of class labels[i].
Samples Images(const std::vector<uint8_t>& bytes, const std::vector<int32_t>& labels) {
  Samples samples;
  samples.info.input_shape = Shape({2});
  samples.info.classes = 3;
  samples.count = samples.train_count = std::ssize(labels);
  samples.features = SharedArray<uint8_t>(bytes);
  samples.labels = labels;
  return samples;
}

DataReport ReportOf(const Samples& samples, const SplitIndices& parts) {
  ThreadPool pool(2);
  return ReportOn(samples, parts, pool);
}

std::vector<std::string> Texts(const DataReport& report, const DataInfo& info) {
  std::vector<std::string> texts;
  for (const ReportLine& line : LinesOf(report, info))
    texts.push_back((line.warning ? "warning: " : "") + line.text);
  return texts;
}

TEST(DataReport, FindsWhatTheModelHasSeen) {
  const Samples samples = Images({1, 2, 3, 4, 1, 2, 5, 6, 3, 4, 3, 4}, {0, 1, 0, 2, 2, 1});
  const DataReport report =
      ReportOf(samples, {.train = {0, 1}, .validation = {2, 3}, .test = {4, 5}});
  EXPECT_EQ(report.validation.samples, 1);
  EXPECT_EQ(report.validation.other_label, 0);
  EXPECT_EQ(report.test.part_size, 2);
  EXPECT_EQ(report.test.samples, 2);
  EXPECT_EQ(report.test.other_label, 1);
}

TEST(DataReport, AFewBitsMakeAnotherSample) {
  Samples samples = Images({}, {0, 1, 0});
  samples.features = SharedArray<float>(std::vector<float>{1, 2, 1, 2.0000002f, 2, 1});
  const DataReport report = ReportOf(samples, {.train = {0}, .validation = {}, .test = {1, 2}});
  EXPECT_EQ(report.test.samples, 0);
}

// Against comparing each with each: 3 values a byte, so that many are equal.
TEST(DataReport, AgreesWithComparingAll) {
  std::vector<uint8_t> bytes;
  std::vector<int32_t> labels;
  uint32_t state = 1;
  SplitIndices parts;
  for (int64_t i = 0; i < 6000; ++i) {
    for (int k = 0; k < 2; ++k) {
      state = state * 1664525u + 1013904223u;
      bytes.push_back(static_cast<uint8_t>((state >> 24) % 90));
    }
    labels.push_back(static_cast<int32_t>(i % 3));
    (i < 3000 ? parts.train : parts.test).push_back(i);
  }
  int64_t expected = 0;
  for (int64_t test : parts.test) {
    expected += std::any_of(parts.train.begin(), parts.train.end(), [&](int64_t train) {
      return bytes[2 * train] == bytes[2 * test] && bytes[2 * train + 1] == bytes[2 * test + 1];
    });
  }
  EXPECT_GT(expected, 500);
  EXPECT_EQ(ReportOf(Images(bytes, labels), parts).test.samples, expected);
}

TEST(DataReport, SaysWhatItFound) {
  DataReport report;
  report.class_counts = {6000, 5842, 0};
  report.wrong_labels = 1200;
  report.test = {.part_size = 10000, .samples = 1203, .other_label = 12};
  DataInfo info;
  info.class_names = {"shirt", "coat", "bag"};
  EXPECT_THAT(
      Texts(report, info),
      ElementsAre(
          "the 3 classes have from 0 ('bag') to 6,000 ('shirt') training samples",
          "warning: no training sample is of class 'bag': the model cannot learn it",
          "1,200 of 11,842 training labels are wrong (data.label_noise)",
          "warning: 1,203 of 10,000 test samples occur in the training part too, 12 of them with "
          "another label: what is measured on them is no measure of new samples"));
  report = {};
  report.class_counts = {6000, 6000, 6000};
  EXPECT_THAT(Texts(report, info), ElementsAre("each of the 3 classes has 6,000 training samples"));
}

TEST(DataReport, RegressionHasNoClasses) {
  Samples samples = Images({1, 2, 1, 2}, {});
  samples.info.task = Task::kRegression;
  samples.info.classes = 0;
  samples.count = 2;
  const DataReport report = ReportOf(samples, {.train = {0}, .validation = {}, .test = {1}});
  EXPECT_THAT(report.class_counts, IsEmpty());
  EXPECT_EQ(report.test.samples, 1);
  EXPECT_EQ(report.test.other_label, 0);
}

}  // namespace
}  // namespace trainyard
