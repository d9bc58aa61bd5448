#include "engine/data/label_noise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "engine/base/status.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kSamples = 6000;
constexpr int32_t kClasses = 4;

Samples Labelled() {
  Samples samples;
  samples.info.classes = kClasses;
  samples.count = samples.train_count = kSamples;
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < kSamples; ++i) labels.push_back(static_cast<int32_t>(i % kClasses));
  samples.labels = std::move(labels);
  return samples;
}

// All but every third sample.
std::vector<int64_t> Training() {
  std::vector<int64_t> training;
  for (int64_t i = 0; i < kSamples; ++i) {
    if (i % 3 != 0) training.push_back(i);
  }
  return training;
}

std::vector<int32_t> Noisy(double share, uint64_t seed, int64_t* count = nullptr,
                           const std::vector<int64_t>& training = Training()) {
  Samples samples = Labelled();
  const int64_t wrong = AddLabelNoise({share, seed}, training, samples);
  if (count != nullptr) *count = wrong;
  return {samples.labels.begin(), samples.labels.end()};
}

std::vector<int64_t> WrongOf(const std::vector<int32_t>& labels) {
  std::vector<int64_t> wrong;
  for (int64_t i = 0; i < kSamples; ++i) {
    if (labels[i] != i % kClasses) wrong.push_back(i);
  }
  return wrong;
}

std::string Violation(const LabelNoise& noise, const DataInfo& info, int64_t train_size) {
  Violations violations;
  ProveLabelNoise(noise, info, train_size, "data.label_noise", violations);
  return violations.empty() ? "" : Message(violations.ToStatus());
}

TEST(LabelNoise, ExactlyTheShareIsWrongInTrainingOnly) {
  int64_t count = 0;
  const std::vector<int64_t> wrong = WrongOf(Noisy(0.2, 1, &count));
  EXPECT_EQ(count, 800);  // of 4000
  EXPECT_EQ(wrong.size(), 800u);
  for (int64_t sample : wrong) EXPECT_NE(sample % 3, 0) << sample;
}

TEST(LabelNoise, NoneLeavesAllAsTheyAre) { EXPECT_THAT(WrongOf(Noisy(0, 1)), IsEmpty()); }

TEST(LabelNoise, ALargerShareHoldsTheSmaller) {
  const std::vector<int32_t> few = Noisy(0.1, 7), many = Noisy(0.35, 7);
  for (int64_t sample : WrongOf(few)) EXPECT_EQ(few[sample], many[sample]) << sample;
}

TEST(LabelNoise, IsOfItsSeed) {
  EXPECT_EQ(Noisy(0.2, 5), Noisy(0.2, 5));
  const std::vector<int64_t> one = WrongOf(Noisy(0.2, 5)), other = WrongOf(Noisy(0.2, 6));
  std::vector<int64_t> both;
  std::set_intersection(one.begin(), one.end(), other.begin(), other.end(),
                        std::back_inserter(both));
  // 160 are expected by chance.
  EXPECT_GT(both.size(), 100u);
  EXPECT_LT(both.size(), 220u);
}

// Chi square of the three other classes over 3200 wrong labels: below 13.8 with chance 0.999.
TEST(LabelNoise, OtherClassesHaveEqualChances) {
  const std::vector<int32_t> labels = Noisy(0.8, 3);
  std::vector<double> counts(kClasses);
  for (int64_t sample : WrongOf(labels))
    counts[(labels[sample] - sample % kClasses + kClasses) % kClasses] += 1;
  EXPECT_EQ(counts[0], 0);
  double chi = 0;
  for (int step = 1; step < kClasses; ++step)
    chi += std::pow(counts[step] - 3200.0 / 3, 2) / (3200.0 / 3);
  EXPECT_LT(chi, 13.8);
}

TEST(LabelNoise, EveryLabelStaysAClass) {
  for (int32_t label : Noisy(0.9, 11)) {
    EXPECT_GE(label, 0);
    EXPECT_LT(label, kClasses);
  }
}

TEST(LabelNoise, NearlyAllOfASmallPartMayBeWrong) {
  EXPECT_EQ(WrongOf(Noisy(0.9, 1, nullptr, {4, 5, 6})).size(), 3u);
}

TEST(LabelNoise, RefusesWhatHasNoClasses) {
  DataInfo regression;
  regression.task = Task::kRegression;
  regression.targets = 1;
  EXPECT_THAT(Violation({0.1, 0}, regression, 100),
              HasSubstr("data.label_noise: not allowed for regression"));
  EXPECT_EQ(Violation({0, 0}, regression, 100), "");
  DataInfo text;
  text.vocabulary = text.classes = 256;
  EXPECT_THAT(Violation({0.1, 0}, text, 100),
              HasSubstr("data.label_noise: not allowed for sequences"));
}

TEST(LabelNoise, RefusesSharesThatAreNone) {
  DataInfo info;
  info.classes = 2;
  for (double share : {-0.1, 1.0, 1e300, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THAT(Violation({share, 0}, info, 100),
                HasSubstr("data.label_noise.share: expected a share in [0, 1)"));
  }
  EXPECT_THAT(Violation({0.001, 0}, info, 100),
              HasSubstr("data.label_noise.share: 0.001 of 100 training samples is none"));
  EXPECT_EQ(Violation({0.2, 0}, info, 100), "");
}

}  // namespace
}  // namespace trainyard
