#include "server/sweeps/rungs.h"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(RungsTest, GrowByTheFactorBelowTheBudget) {
  EXPECT_THAT(RungsOf(1, 3, 27), ElementsAre(1, 3, 9));
  EXPECT_THAT(RungsOf(1, 3, 28), ElementsAre(1, 3, 9, 27));
  EXPECT_THAT(RungsOf(100, 4, 1000), ElementsAre(100, 400));
  EXPECT_THAT(RungsOf(5, 3, 5), IsEmpty());
  EXPECT_THAT(RungsOf(0, 3, 5), IsEmpty());
  EXPECT_EQ(RungsOf(1, 2, std::numeric_limits<uint64_t>::max()).size(), 64u);  // and no overflow
}

// A rung with factor 3, by hand: n = 1, 2, 3, 4, 5 keep the best one, n = 6 the best two.
TEST(RungsTest, TheBestThirdOfThoseThatCameGoesOn) {
  const double values[] = {0.50, 0.40, 0.60, 0.55, 0.10, 0.58, 0.57};
  const bool goes_on[] = {true, false, true, false, false, true, false};
  std::vector<double> earlier;
  for (size_t i = 0; i < std::size(values); ++i) {
    EXPECT_EQ(GoesOn(earlier, values[i], 3, v1::GOAL_MAXIMISE), goes_on[i]) << values[i];
    earlier.push_back(values[i]);
  }
}

TEST(RungsTest, LossesAreBetterWhereTheyAreLower) {
  EXPECT_TRUE(GoesOn({0.5, 0.6}, 0.4, 3, v1::GOAL_MINIMISE));
  EXPECT_FALSE(GoesOn({0.5, 0.6}, 0.55, 3, v1::GOAL_MINIMISE));
}

TEST(RungsTest, EqualsGoOnAndWhatIsNoNumberDoesNot) {
  EXPECT_TRUE(GoesOn({0.5}, 0.5, 3, v1::GOAL_MAXIMISE));
  EXPECT_FALSE(GoesOn({}, kNan, 3, v1::GOAL_MAXIMISE));
  EXPECT_TRUE(GoesOn({kNan, kNan, kNan}, 0.1, 3, v1::GOAL_MINIMISE));
}

TEST(RungsTest, ExpectedShareByHand) {
  // Rungs 1, 3, 9 of 27: 1 + 2/3 + 6/9 + 18/27 = 3 of 27.
  const ExpectedShare share = ExpectShare({1, 3, 9}, 3, 27);
  EXPECT_NEAR(share.training, 3.0 / 27, 1e-12);
  EXPECT_NEAR(share.survivors, 1.0 / 27, 1e-12);
}

}  // namespace
}  // namespace trainyard
