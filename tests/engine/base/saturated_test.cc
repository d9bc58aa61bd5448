#include "engine/base/saturated.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(Saturated, CountsExactlyUpToTheMaximum) {
  EXPECT_EQ(AddSaturated(kMost - 1, 1), kMost);
  EXPECT_EQ(MultiplySaturated(int64_t{1} << 31, int64_t{1} << 31), int64_t{1} << 62);
}

TEST(Saturated, StopsAtTheMaximum) {
  EXPECT_EQ(AddSaturated(kMost, 1), kMost);
  EXPECT_EQ(MultiplySaturated(int64_t{1} << 32, int64_t{1} << 32), kMost);
}

}  // namespace
}  // namespace trainyard
