#include "server/jobs/notifier.h"

#include <atomic>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/server/support/manual_executor.h"

namespace trainyard {
namespace {

class NotifierTest : public testing::Test {
 protected:
  std::function<void()> Count(int& calls) {
    return [&calls] { ++calls; };
  }

  ManualExecutor executor_;
  absl::StatusOr<uint64_t> on_disk_ = 0;
  Notifier notifier_{executor_, [this](const std::string&) { return on_disk_; }};
};

TEST_F(NotifierTest, WakesOnceForANewerEvent) {
  int calls = 0;
  notifier_.Watch("a", 3, Count(calls));
  notifier_.Publish("a", 3);
  executor_.RunAll();
  EXPECT_EQ(calls, 0);
  notifier_.Publish("a", 4);
  notifier_.Publish("a", 5);
  executor_.RunAll();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(notifier_.watchers(), 0u);
}

TEST_F(NotifierTest, WakesAtOnceForWhatIsOnDiskAlready) {
  on_disk_ = 4;
  int calls = 0;
  notifier_.Watch("a", 3, Count(calls));
  executor_.RunAll();
  EXPECT_EQ(calls, 1);
}

TEST_F(NotifierTest, WakesAtOnceWhereTheDiskCannotTell) {
  int calls = 0, asleep = 0;
  notifier_.Watch("a", 3, Count(asleep));
  on_disk_ = absl::UnavailableError("the disk");
  notifier_.Watch("a", 3, Count(calls));
  executor_.RunAll();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(asleep, 0);
  EXPECT_EQ(notifier_.watchers(), 1u);
}

TEST_F(NotifierTest, OtherJobsAndCursorsSleepOn) {
  int a = 0, b = 0, far = 0;
  notifier_.Watch("a", 0, Count(a));
  notifier_.Watch("a", 9, Count(far));
  notifier_.Watch("b", 0, Count(b));
  notifier_.Publish("a", 1);
  executor_.RunAll();
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 0);
  EXPECT_EQ(far, 0);
  EXPECT_EQ(notifier_.watchers(), 2u);
}

TEST_F(NotifierTest, ACancelledWatchIsNotCalled) {
  int calls = 0;
  const auto id = notifier_.Watch("a", 0, Count(calls));
  EXPECT_TRUE(notifier_.Cancel("a", id));
  EXPECT_FALSE(notifier_.Cancel("a", id));
  notifier_.Publish("a", 1);
  executor_.RunAll();
  EXPECT_EQ(calls, 0);
}

TEST_F(NotifierTest, CancelTellsThatTheCallIsOnItsWay) {
  int calls = 0;
  const auto id = notifier_.Watch("a", 0, Count(calls));
  notifier_.Publish("a", 1);
  EXPECT_FALSE(notifier_.Cancel("a", id));
  executor_.RunAll();
  EXPECT_EQ(calls, 1);
}

TEST_F(NotifierTest, ACallbackMayWatchAgain) {
  int calls = 0;
  std::function<void()> again = [&] {
    if (++calls < 3) notifier_.Watch("a", static_cast<uint64_t>(calls), again);
  };
  notifier_.Watch("a", 0, again);
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    notifier_.Publish("a", sequence);
    executor_.RunAll();
  }
  EXPECT_EQ(calls, 3);
}

TEST(NotifierThreads, NoEventIsMissedBetweenReadAndWatch) {
  constexpr uint64_t kEvents = 2000;
  ThreadedExecutor executor(2);
  std::atomic<uint64_t> on_disk{0};
  std::atomic<bool> caught_up{false};
  Notifier notifier(executor, [&](const std::string&) { return on_disk.load(); });
  std::function<void()> follow = [&] {
    const uint64_t cursor = on_disk;
    if (cursor == kEvents) {
      caught_up = true;
      return;
    }
    notifier.Watch("a", cursor, follow);
  };
  follow();
  for (uint64_t sequence = 1; sequence <= kEvents; ++sequence) {
    on_disk = sequence;
    notifier.Publish("a", sequence);
  }
  while (!caught_up) std::this_thread::yield();
  executor.Stop();
  EXPECT_EQ(notifier.watchers(), 0u);
}

}  // namespace
}  // namespace trainyard
