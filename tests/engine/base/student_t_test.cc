#include "engine/base/student_t.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trainyard {
namespace {

TEST(MeanWithInterval, OfThreeValues) {
  // Deviation 1, t(2) = 4.3027: 4.3027 / sqrt(3).
  const MeanInterval interval = MeanWithInterval({1, 2, 3});
  EXPECT_DOUBLE_EQ(interval.mean, 2);
  EXPECT_NEAR(interval.half_width, 2.48416, 1e-4);
}

TEST(MeanWithInterval, BeyondTheTable) {
  // 61 values of deviation 1 (30 of -1, 30 of 1 and one 0): t(60) = 2.00030.
  std::vector<double> values(61, 0.0);
  for (int i = 0; i < 60; ++i) values[i] = i % 2 == 0 ? -1 : 1;
  EXPECT_NEAR(MeanWithInterval(values).half_width, 2.00030 / std::sqrt(61), 1e-4);
}

TEST(MeanWithInterval, OfOneOrNoValue) {
  EXPECT_DOUBLE_EQ(MeanWithInterval({5}).mean, 5);
  EXPECT_DOUBLE_EQ(MeanWithInterval({5}).half_width, 0);
  EXPECT_DOUBLE_EQ(MeanWithInterval({}).mean, 0);
}

}  // namespace
}  // namespace trainyard
