#include "server/sweeps/sample.h"

#include <cmath>
#include <set>

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

using ::testing::ElementsAre;

v1::SweepSpecification Parse(const std::string& text) {
  v1::SweepSpecification sweep;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &sweep)) << text;
  return sweep;
}

std::vector<double> Column(const std::vector<Combination>& combinations, size_t parameter) {
  std::vector<double> column;
  for (const Combination& combination : combinations)
    column.push_back(combination[parameter].number_value());
  return column;
}

TEST(GridTest, TheLastParameterIsTheFastest) {
  const auto sweep = Parse(R"(
    parameters { path: "a" values { number_value: 1 } values { number_value: 2 } }
    parameters { path: "b" integer { min: 7 max: 9 } })");
  EXPECT_EQ(CombinationsOf(sweep), 6u);
  const std::vector<Combination> grid = GridOf(sweep);
  EXPECT_THAT(Column(grid, 0), ElementsAre(1, 1, 1, 2, 2, 2));
  EXPECT_THAT(Column(grid, 1), ElementsAre(7, 8, 9, 7, 8, 9));
}

TEST(GridTest, AMillionIsCountedAndNotMade) {
  v1::SweepSpecification sweep;
  for (int i = 0; i < 20; ++i) {
    v1::SweepParameter& parameter = *sweep.add_parameters();
    parameter.mutable_integer()->set_min(1);
    parameter.mutable_integer()->set_max(1000);
  }
  EXPECT_EQ(CombinationsOf(sweep), uint64_t{9223372036854775807});  // saturated
}

TEST(DrawTest, OneSeedGivesTheSameTrialsOnEveryMachine) {
  // By another implementation of Philox4x32-10; they may never change.
  const auto sweep = Parse(R"(
    trials: 3 search_seed: 7
    parameters { path: "lr" log_uniform { min: 0.0001 max: 0.1 } }
    parameters { path: "units" log_integer { min: 16 max: 512 } }
    parameters { path: "drop" uniform { min: 0 max: 0.5 } })");
  const std::vector<Combination> drawn = DrawCombinations(sweep);
  ASSERT_EQ(drawn.size(), 3u);
  std::string text;
  for (const Combination& c : drawn) {
    absl::StrAppend(&text, c[0].number_value(), " ", c[1].number_value(), " ", c[2].number_value(),
                    "\n");
  }
  EXPECT_EQ(text, "0.05588 462 0.2276\n0.02058 30 0.1965\n0.0001903 122 0.248\n");
}

TEST(DrawTest, AnotherSeedGivesOthersAndMoreTrialsBeginAlike) {
  auto sweep = Parse(R"(trials: 5 search_seed: 1
    parameters { path: "lr" uniform { min: 0 max: 1 } })");
  const std::vector<double> five = Column(DrawCombinations(sweep), 0);
  sweep.set_trials(9);
  std::vector<double> nine = Column(DrawCombinations(sweep), 0);
  nine.resize(5);
  EXPECT_EQ(nine, five);
  sweep.set_search_seed(2);
  nine = Column(DrawCombinations(sweep), 0);
  nine.resize(5);
  EXPECT_NE(nine, five);
}

TEST(DrawTest, EachDecadeOfALogarithmicRangeIsAsLikely) {
  const auto sweep = Parse(R"(trials: 1000 search_seed: 3
    parameters { path: "lr" log_uniform { min: 0.001 max: 1 } })");
  int decades[3] = {0, 0, 0};
  for (const double value : Column(DrawCombinations(sweep), 0)) {
    ASSERT_GE(value, 0.001);
    ASSERT_LE(value, 1);
    ++decades[value < 0.01 ? 0 : value < 0.1 ? 1 : 2];
  }
  for (const int count : decades) EXPECT_NEAR(count, 333, 60);  // 4 standard deviations
}

TEST(DrawTest, BothEndsOfWholeRangesOccur) {
  const auto sweep = Parse(R"(trials: 6 search_seed: 1
    parameters { path: "a" integer { min: 2 max: 4 } } parameters { path: "b" log_integer { min: 1 max: 2 } })");
  std::set<std::string> all;
  for (const Combination& c : DrawCombinations(sweep))
    all.insert(absl::StrCat(c[0].number_value(), c[1].number_value()));
  EXPECT_THAT(all, ElementsAre("21", "22", "31", "32", "41", "42"));  // no two alike
}

TEST(DrawTest, StopsWhereNoMoreDiffer) {
  const auto sweep = Parse(R"(trials: 9 search_seed: 1
    parameters { path: "a" uniform { min: 0.12341 max: 0.12344 } })");
  EXPECT_LT(DrawCombinations(sweep).size(), 9u);  // of four digits there are few
}

}  // namespace
}  // namespace trainyard
