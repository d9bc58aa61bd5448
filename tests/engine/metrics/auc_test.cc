#include <algorithm>

#include "engine/base/philox.h"
#include "tests/engine/metrics/metric_check.h"
#include "tests/engine/normal.h"

namespace trainyard {
namespace {

double Auc(const Rows& rows) { return Measure(*MakeMetric("auc"), Classes(2), rows)["auc"]; }

// The definition: over all pairs of a positive and a negative row, ties half.
double SlowAuc(const std::vector<double>& scores, const std::vector<bool>& positive) {
  double wins = 0, pairs = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    for (size_t j = 0; j < scores.size(); ++j) {
      if (!positive[i] || positive[j]) continue;
      ++pairs;
      wins += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
    }
  }
  return wins / pairs;
}

// Scores 0.1, 0.4, 0.35, 0.8 of labels 0, 0, 1, 1: 3 of 4 pairs are in order (scikit-learn's own
// example).
TEST(AucTest, ByHand) { EXPECT_EQ(Auc({1, {0.1f, 0.4f, 0.35f, 0.8f}, {0, 0, 1, 1}, {}}), 0.75); }

TEST(AucTest, TwoOutputsScoreByTheirDifference) {
  EXPECT_EQ(Auc({2, {0, 0.1f, 1, 1.4f, 2, 2.35f, 3, 3.8f}, {0, 0, 1, 1}, {}}), 0.75);
}

TEST(AucTest, PerfectAndReversed) {
  EXPECT_EQ(Auc({1, {1, 2, 3, 4}, {0, 0, 1, 1}, {}}), 1);
  EXPECT_EQ(Auc({1, {1, 2, 3, 4}, {1, 1, 0, 0}, {}}), 0);
}

TEST(AucTest, TiesCountHalf) {
  EXPECT_EQ(Auc({1, {7, 7, 7}, {0, 1, 0}, {}}), 0.5);
  EXPECT_EQ(Auc({1, {1, 1, 2}, {0, 1, 1}, {}}), 0.75);
}

TEST(AucTest, OneClassOnlyHasNoArea) {
  EXPECT_TRUE(std::isnan(Auc({1, {1, 2}, {1, 1}, {}})));
  EXPECT_TRUE(std::isnan(Auc({1, {1, 2}, {0, 0}, {}})));
}

TEST(AucTest, NanShows) { EXPECT_TRUE(std::isnan(Auc({1, {1, std::nanf(""), 3}, {0, 1, 1}, {}}))); }

TEST(AucTest, AgreesWithTheDefinition) {
  const RandomStream stream(5, RandomPurpose::kSynthetic);
  Rows rows;
  std::vector<double> scores;
  std::vector<bool> positive;
  for (int i = 0; i < 200; ++i) {
    rows.labels.push_back(static_cast<int32_t>(stream.Below(0, i, 2)));
    // Few distinct scores: many ties.
    rows.outputs.push_back(static_cast<float>(stream.Below(1, i, 20)) +
                           3.0f * static_cast<float>(rows.labels.back()));
    scores.push_back(rows.outputs.back());
    positive.push_back(rows.labels.back() == 1);
  }
  EXPECT_NEAR(Auc(rows), SlowAuc(scores, positive), 1e-12);
}

TEST(AucTest, OfEachClassAgainstTheRest) {
  constexpr int kClasses = 4;
  const RandomStream stream(6, RandomPurpose::kSynthetic);
  Rows rows{kClasses, {}, {}, {}};
  std::vector<std::vector<double>> probabilities(kClasses);
  for (int i = 0; i < 120; ++i) {
    rows.labels.push_back(static_cast<int32_t>(stream.Below(0, i, kClasses)));
    double sum = 0;
    for (int c = 0; c < kClasses; ++c) {
      rows.outputs.push_back(
          static_cast<float>(Normal(stream, 1 + c, i) + (c == rows.labels.back() ? 1 : 0)));
      sum += std::exp(static_cast<double>(rows.outputs.back()));
    }
    for (int c = 0; c < kClasses; ++c)
      probabilities[c].push_back(std::exp(static_cast<double>(rows.outputs[i * kClasses + c])) /
                                 sum);
  }
  const auto values = Measure(*MakeMetric("auc"), Classes(kClasses), rows);
  double mean = 0;
  for (int c = 0; c < kClasses; ++c) {
    std::vector<bool> positive;
    for (int32_t label : rows.labels) positive.push_back(label == c);
    const double expected = SlowAuc(probabilities[c], positive);
    EXPECT_NEAR(values.at("auc/" + std::to_string(c)), expected, 1e-12) << c;
    mean += expected / kClasses;
  }
  EXPECT_NEAR(values.at("auc"), mean, 1e-12);
}

// Their softmax rounds to 1 in floats for both rows of class 0; the second is the surer one.
TEST(AucTest, SureRowsKeepTheirOrder) {
  const Rows rows{3, {60, 0, 0, /**/ 90, 0, 0, /**/ 70, 0, 0}, {0, 0, 1}, {}};
  EXPECT_EQ(Measure(*MakeMetric("auc"), Classes(3), rows)["auc/0"], 0.5);
}

TEST(AucTest, AClassThatDoesNotOccurIsNotInTheMean) {
  const Rows rows{3, {2, 0, 0, /**/ 0, 2, 0}, {0, 1}, {}};
  const auto values = Measure(*MakeMetric("auc"), Classes(3), rows);
  EXPECT_TRUE(std::isnan(values.at("auc/2")));
  EXPECT_EQ(values.at("auc"), 1);
}

TEST(AucTest, RefusesTooManyClasses) {
  EXPECT_FALSE(MakeMetric("auc")->Check(Classes(100000)).ok());
  EXPECT_FALSE(MakeMetric("auc")->Check(Classes(1)).ok());
}

TEST(AucTest, TellsItsMemory) {
  EXPECT_GE(MakeMetric("auc")->MemoryBytes(Classes(10), 1000), 1000 * 10 * 4);
  EXPECT_EQ(MakeMetric("accuracy")->MemoryBytes(Classes(10), 1000), 0);
}

}  // namespace
}  // namespace trainyard
