#include "engine/base/clock.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(FakeClockTest, StandsStillUntilItIsAdvanced) {
  FakeClock clock(seconds(5));
  EXPECT_EQ(clock.Now(), seconds(5));
  EXPECT_EQ(clock.Monotonic(), seconds(5));
  clock.Advance(nanoseconds(3));
  EXPECT_EQ(clock.Now(), seconds(5) + nanoseconds(3));
  EXPECT_EQ(clock.Monotonic(), seconds(5) + nanoseconds(3));
}

TEST(RealClockTest, CountsFromTheUnixEpoch) {
  // The year 2020 has passed.
  EXPECT_GT(RealClock().Now(), seconds(1'577'836'800));
}

TEST(RealClockTest, MonotonicNeverStepsBack) {
  const RealClock clock;
  nanoseconds before = clock.Monotonic();
  for (int i = 0; i < 1000; ++i) {
    const nanoseconds now = clock.Monotonic();
    ASSERT_GE(now, before);
    before = now;
  }
}

}  // namespace
}  // namespace trainyard
