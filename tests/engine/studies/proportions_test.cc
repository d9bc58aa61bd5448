#include "engine/studies/proportions.h"

#include <gtest/gtest.h>

namespace trainyard::studies {
namespace {

// Newcombe, "Interval estimation for the difference between independent proportions" (1998), table
// II, method 10.
TEST(ProportionsTest, NewcombesTable) {
  const Estimate a = DifferenceOfShares(56.0 / 70, 70, 48.0 / 80, 80);
  EXPECT_DOUBLE_EQ(a.value, 0.2);
  EXPECT_NEAR(a.interval.low, 0.0524, 5e-5);
  EXPECT_NEAR(a.interval.high, 0.3339, 5e-5);
  const Estimate b = DifferenceOfShares(9.0 / 10, 10, 3.0 / 10, 10);
  EXPECT_NEAR(b.interval.low, 0.1705, 5e-5);
  EXPECT_NEAR(b.interval.high, 0.8090, 5e-5);
  const Estimate c = DifferenceOfShares(10.0 / 10, 10, 0.0 / 20, 20);
  EXPECT_NEAR(c.interval.low, 0.6791, 5e-5);
  EXPECT_NEAR(c.interval.high, 1.0, 1e-12);
}

TEST(ProportionsTest, ASharesIntervalStaysWithin) {
  const Interval none = ShareInterval(0, 50);
  EXPECT_NEAR(none.low, 0, 1e-12);
  EXPECT_NEAR(none.high, 0.0713, 5e-5);  // z^2 / (n + z^2)
  const Interval nothing = ShareInterval(0.5, 0);
  EXPECT_EQ(nothing.low, 0);
  EXPECT_EQ(nothing.high, 1);
}

TEST(ProportionsTest, OrderTurnsTheSign) {
  const Estimate forth = DifferenceOfShares(0.2, 1000, 0.3, 500);
  const Estimate back = DifferenceOfShares(0.3, 500, 0.2, 1000);
  EXPECT_DOUBLE_EQ(forth.interval.low, -back.interval.high);
  EXPECT_DOUBLE_EQ(forth.interval.high, -back.interval.low);
}

}  // namespace
}  // namespace trainyard::studies
