#include "engine/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace trainyard {
namespace {

using ::testing::ElementsAre;

// 60 of class 0, 30 of class 1, 10 of class 2, mixed.
std::vector<int32_t> Labels() {
  std::vector<int32_t> labels;
  for (int i = 0; i < 100; ++i) labels.push_back(i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2);
  return labels;
}

std::vector<int64_t> CountsOf(const std::vector<int64_t>& samples,
                              const std::vector<int32_t>& labels) {
  std::vector<int64_t> counts(3);
  for (int64_t sample : samples) ++counts[labels[sample]];
  return counts;
}

TEST(Apportion, GivesTheLargestRemaindersTheirExtra) {
  EXPECT_THAT(Apportion({60, 30, 10}, 10), ElementsAre(6, 3, 1));
  EXPECT_THAT(Apportion({50, 30, 20}, 7), ElementsAre(4, 2, 1));  // 3.5, 2.1, 1.4
  EXPECT_THAT(Apportion({1, 1, 1}, 2), ElementsAre(1, 1, 0));
  EXPECT_THAT(Apportion({}, 0), ElementsAre());
  EXPECT_THAT(Apportion({3, 0}, 3), ElementsAre(3, 0));
}

TEST(Split, PartsAreDisjointAndWhole) {
  const SplitIndices parts = Split(100, Labels(), 20, 10, 7);
  std::vector<int64_t> all = parts.train;
  all.insert(all.end(), parts.validation.begin(), parts.validation.end());
  all.insert(all.end(), parts.test.begin(), parts.test.end());
  std::sort(all.begin(), all.end());
  std::vector<int64_t> expected(100);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST(Split, KeepsClassProportions) {
  const SplitIndices parts = Split(100, Labels(), 20, 10, 7);
  EXPECT_THAT(CountsOf(parts.train, Labels()), ElementsAre(42, 21, 7));
  EXPECT_THAT(CountsOf(parts.validation, Labels()), ElementsAre(12, 6, 2));
  EXPECT_THAT(CountsOf(parts.test, Labels()), ElementsAre(6, 3, 1));
}

TEST(Split, IsAFunctionOfItsSeed) {
  EXPECT_EQ(Split(100, Labels(), 20, 10, 7).validation, Split(100, Labels(), 20, 10, 7).validation);
  EXPECT_NE(Split(100, Labels(), 20, 10, 7).validation, Split(100, Labels(), 20, 10, 8).validation);
}

TEST(Split, WithoutLabelsHasExactSizes) {
  const SplitIndices parts = Split(10, {}, 3, 2, 0);
  EXPECT_EQ(parts.train.size(), 5u);
  EXPECT_EQ(parts.validation.size(), 3u);
  EXPECT_EQ(parts.test.size(), 2u);
}

TEST(Split, WithoutHeldOutSamplesKeepsTheirOrder) {
  EXPECT_THAT(Split(4, {}, 0, 0, 3).train, ElementsAre(0, 1, 2, 3));
}

// Recorded once: what a seed means must not change between releases.
TEST(Split, SeedZeroMeansThisForEver) {
  EXPECT_THAT(Split(10, {}, 3, 0, 0).validation, ElementsAre(3, 5, 7));
}

TEST(NestedSubset, SmallerIsContainedInLarger) {
  const std::vector<int32_t> labels = Labels();
  const std::vector<int64_t> train = Split(100, labels, 20, 10, 7).train;
  std::vector<int64_t> smaller;
  for (int64_t size = 1; size <= 70; ++size) {
    const std::vector<int64_t> subset = NestedSubset(train, labels, size, 5);
    ASSERT_EQ(static_cast<int64_t>(subset.size()), size);
    EXPECT_TRUE(std::includes(subset.begin(), subset.end(), smaller.begin(), smaller.end()))
        << size;
    EXPECT_TRUE(std::includes(train.begin(), train.end(), subset.begin(), subset.end())) << size;
    smaller = subset;
  }
  EXPECT_EQ(smaller, train);
}

TEST(NestedSubset, KeepsClassProportionsAtEverySize) {
  const std::vector<int32_t> labels = Labels();
  const std::vector<int64_t> all = Split(100, labels, 0, 0, 0).train;
  for (int64_t size = 1; size < 100; ++size) {
    const std::vector<int64_t> counts = CountsOf(NestedSubset(all, labels, size, 1), labels);
    EXPECT_NEAR(static_cast<double>(counts[0]), 0.6 * static_cast<double>(size), 1.5) << size;
    EXPECT_NEAR(static_cast<double>(counts[1]), 0.3 * static_cast<double>(size), 1.5) << size;
    EXPECT_NEAR(static_cast<double>(counts[2]), 0.1 * static_cast<double>(size), 1.5) << size;
  }
}

TEST(NestedSubset, DependsOnItsSeed) {
  const std::vector<int64_t> all = Split(100, {}, 0, 0, 0).train;
  EXPECT_NE(NestedSubset(all, {}, 10, 1), NestedSubset(all, {}, 10, 2));
  EXPECT_EQ(NestedSubset(all, {}, 10, 1), NestedSubset(all, {}, 10, 1));
}

TEST(ShareOf, RoundsToNearest) {
  EXPECT_EQ(ShareOf(0.1, 60000), 6000);
  EXPECT_EQ(ShareOf(0.25, 10), 3);
  EXPECT_EQ(ShareOf(0, 10), 0);
}

}  // namespace
}  // namespace trainyard
