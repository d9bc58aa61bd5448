// Nearest neighbours, naive Bayes, forests and Fourier features on cases worked by hand or by a
// slow obvious way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numbers>

#include "engine/learners/forest_tree.h"
#include "engine/learners/kernel.h"
#include "tests/engine/learners/learner_fixture.h"

namespace trainyard::learners {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using SmallLearnersTest = LearnerTest;

Table Line() {
  Table table = ClassTable(1, 2);
  for (const auto& [x, label] : {std::pair{0, 0}, {1, 0}, {2, 1}, {10, 1}})
    table.Add({static_cast<float>(x)}, label);
  return table;
}

// Of 1.4 the three nearest are 1 (class 0), 2 (1) and 0 (0).
TEST_F(SmallLearnersTest, ThreeNeighboursVote) {
  const Table table = Line();
  Table asked = ClassTable(1, 2);
  asked.Add({1.4f}, 0);
  auto learner = Make("nearest_neighbors", {{"k", Value(3)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  std::vector<float> outputs = Predict(*learner, asked);
  EXPECT_NEAR(std::exp(outputs[0]), 2.0 / 3, 1e-6);
  learner = Make("nearest_neighbors", {{"k", Value(3)}, {"weights", Text("distance")}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  outputs = Predict(*learner, asked);
  const double zero = 1 / 0.4 + 1 / 1.4;
  EXPECT_NEAR(std::exp(outputs[0]), zero / (zero + 1 / 0.6), 1e-5);
  // At a training sample that one alone counts.
  asked.values = {2};
  outputs = Predict(*learner, asked);
  EXPECT_NEAR(outputs[1], 0, 1e-6);
}

TEST_F(SmallLearnersTest, NeighboursAverageTargets) {
  Table table = Plane(4, 1);
  table.values = {0, 1, 2, 10};
  table.targets = {0, 10, 20, 30};
  const auto learner = Make("nearest_neighbors", {{"k", Value(2)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  Table asked = Plane(1, 1);
  asked.values = {1.6f};
  EXPECT_THAT(Predict(*learner, asked), ElementsAre(15));
}

TEST_F(SmallLearnersTest, NeighboursAreThoseOfASlowSearch) {
  const Table table = Clouds(2500, 7, 4, 1, 2);  // more than two blocks of columns
  const Table asked = Clouds(150, 7, 4, 2, 2);
  const auto learner = Make("nearest_neighbors", {{"k", Value(7)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  const std::vector<float> outputs = Predict(*learner, asked, 2);
  for (int64_t i = 0; i < asked.count(); ++i) {
    std::vector<std::pair<double, int32_t>> all;
    for (int64_t j = 0; j < table.count(); ++j) {
      double sum = 0;
      for (int64_t f = 0; f < 7; ++f)
        sum += std::pow(double{asked.values[i * 7 + f]} - table.values[j * 7 + f], 2);
      all.emplace_back(sum, table.labels[j]);
    }
    std::partial_sort(all.begin(), all.begin() + 7, all.end());
    std::vector<int> votes(4);
    for (int k = 0; k < 7; ++k) ++votes[all[k].second];
    for (int c = 0; c < 4; ++c)
      EXPECT_NEAR(std::exp(outputs[4 * i + c]), votes[c] / 7.0, 1e-5) << i;
  }
}

TEST_F(SmallLearnersTest, MoreNeighboursThanSamplesAreRefused) {
  LearnerProblem problem;
  problem.info = Line().info;
  problem.samples = 4;
  problem.features = 1;
  EXPECT_THAT(Message(Make("nearest_neighbors")->SizeFor(problem).status()),
              HasSubstr("k is 5, the data has 4"));
}

// Class 0: mean 0, variance 1; class 1: mean 4, variance 4; twice as many of class 1.
TEST_F(SmallLearnersTest, NaiveBayesOfTwoNormals) {
  Table table = ClassTable(1, 3);
  table.Add({-1}, 0);
  table.Add({1}, 0);
  for (const float x : {2.0f, 6.0f, 2.0f, 6.0f}) table.Add({x}, 1);
  const auto learner = Make("gaussian_naive_bayes");
  ASSERT_TRUE(Fit(*learner, table).ok());
  Table asked = ClassTable(1, 3);
  asked.Add({1}, 0);
  const std::vector<float> outputs = Predict(*learner, asked);
  const double pi = std::numbers::pi;
  EXPECT_NEAR(outputs[0], std::log(1.0 / 3) - 0.5 * std::log(2 * pi) - 0.5, 1e-5);
  EXPECT_NEAR(outputs[1], std::log(2.0 / 3) - 0.5 * std::log(2 * pi * 4) - 0.5 * 9 / 4, 1e-5);
  EXPECT_LT(outputs[2], outputs[1] - 10) << "a class without samples";
}

// Without a bootstrap's luck: one tree of all features separates what a line separates.
TEST_F(SmallLearnersTest, ATreeFindsTheCutOfALine) {
  Table table = ClassTable(1, 2);
  for (int i = 0; i < 200; ++i) table.Add({static_cast<float>(i)}, i < 120 ? 0 : 1);
  ThreadPool pool(1);
  const BinnedSamples binned = Bin(table.view(), pool);
  EXPECT_EQ(binned.cuts[0].size(), 199u);
  EXPECT_EQ(binned.cuts[0][119], 119.5f);
  TreeGrower grower(binned, table.labels.data(), 2, {});
  ForestTree tree;
  ASSERT_TRUE(grower.Grow(
      RandomStream(1, RandomPurpose::kSubset), [] { return false; }, tree));
  ASSERT_EQ(tree.nodes.size(), 3u);
  EXPECT_NEAR(tree.nodes[0].threshold, 119.5, 3);
  EXPECT_EQ(tree.shares.size(), 2u);
}

TEST_F(SmallLearnersTest, ManyValuesAreBinnedByQuantiles) {
  Table table = ClassTable(1, 2);
  for (int i = 0; i < 5000; ++i) table.Add({std::exp(i * 0.002f)}, i % 2);
  ThreadPool pool(1);
  const BinnedSamples binned = Bin(table.view(), pool);
  EXPECT_EQ(binned.cuts[0].size(), 255u);
  std::vector<int> counts(256);
  for (const uint8_t bin : binned.bins) ++counts[bin];
  for (const int count : counts) EXPECT_NEAR(count, 5000 / 256.0, 2);
}

// Best Gini of a slow search over every cut, by each learner of one split.
TEST_F(SmallLearnersTest, SplitsAreThoseOfASlowSearch) {
  for (const int64_t count : {int64_t{40}, int64_t{300}}) {
    const Table table = Clouds(count, 1, 3, 4, 2);
    ThreadPool pool(1);
    const BinnedSamples binned = Bin(table.view(), pool);
    ForestSettings settings;
    settings.max_depth = 1;
    settings.min_samples_leaf = 5;
    TreeGrower grower(binned, table.labels.data(), 3, settings);
    const RandomStream stream(2, RandomPurpose::kSubset);
    ForestTree tree;
    ASSERT_TRUE(grower.Grow(
        stream, [] { return false; }, tree));
    // The same bootstrap: the tree's first draws.
    std::vector<int64_t> drawn;
    for (int64_t i = 0; i < count; ++i) {
      const uint32_t word = stream.Words(0, i >> 2)[i & 3];
      drawn.push_back(static_cast<int64_t>((uint64_t{word} * count) >> 32));
    }
    double best = -1;
    for (const float cut : binned.cuts[0]) {
      double left[4] = {}, right[4] = {};
      for (const int64_t i : drawn) {
        double* const side = table.values[i] <= cut ? left : right;
        ++side[table.labels[i]];
        ++side[3];
      }
      if (left[3] < 5 || right[3] < 5) continue;
      double score = 0;
      for (int c = 0; c < 3; ++c)
        score += left[c] * left[c] / left[3] + right[c] * right[c] / right[3];
      best = std::max(best, score);
    }
    double left[4] = {}, right[4] = {};
    for (const int64_t i : drawn) {
      double* const side = table.values[i] <= tree.nodes[0].threshold ? left : right;
      ++side[table.labels[i]];
      ++side[3];
    }
    double score = 0;
    for (int c = 0; c < 3; ++c)
      score += left[c] * left[c] / left[3] + right[c] * right[c] / right[3];
    EXPECT_NEAR(score, best, 1e-9) << count;
  }
}

TEST_F(SmallLearnersTest, AForestBeatsItsTrees) {
  const Table table = Clouds(600, 8, 3, 1, 2.5);
  const Table other = Clouds(1000, 8, 3, 2, 2.5);
  const auto one = Make("random_forest", {{"trees", Value(1)}});
  const auto many = Make("random_forest", {{"trees", Value(60)}});
  ASSERT_TRUE(Fit(*one, table).ok());
  ASSERT_TRUE(Fit(*many, table).ok());
  EXPECT_GT(Accuracy(*many, other), Accuracy(*one, other) + 0.05);
}

TEST_F(SmallLearnersTest, ForestsOfLoopsAreRefused) {
  const Table table = Clouds(50, 3, 2, 1);
  const auto learner = Make("random_forest", {{"trees", Value(2)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  auto tensors = learner->Export();
  for (NamedTensor& tensor : tensors) {
    if (tensor.name == "nodes") tensor.values[2] = 0;  // the root's children are the root
  }
  EXPECT_THAT(Message(Make("random_forest")->Restore(table.info, 3, tensors)),
              HasSubstr("leads nowhere"));
  EXPECT_THAT(Wrong("random_forest", {{"trees", Value(0)}}), HasSubstr("learner.trees"));
}

// Products of the features come near the kernel, the nearer the more there are.
TEST_F(SmallLearnersTest, FourierFeaturesSeparateWhatNoLineDoes) {
  Table rings = ClassTable(2, 2);
  for (int i = 0; i < 400; ++i) {
    const float radius = i % 2 == 0 ? 1.0f : 2.0f;
    const float angle = 0.1f * static_cast<float>(i);
    rings.Add({radius * std::cos(angle), radius * std::sin(angle)}, i % 2);
  }
  const auto line = Make("linear_svm");
  ASSERT_TRUE(Fit(*line, rings).ok());
  EXPECT_LT(Accuracy(*line, rings), 0.7);
  const auto learner = Make("fourier_svm", {{"components", Value(100)}, {"gamma", Value(1)}});
  ASSERT_TRUE(Fit(*learner, rings).ok());
  EXPECT_GT(Accuracy(*learner, rings), 0.98);
}

}  // namespace
}  // namespace trainyard::learners
