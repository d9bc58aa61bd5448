#include "server/jobs/queue.h"

#include <gtest/gtest.h>

namespace trainyard {
namespace {

using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr uint64_t kGiB = uint64_t{1} << 30;

// Made in the order of `created`.
QueuedJob Job(const std::string& name, nanoseconds created, int32_t priority = 0,
              uint32_t cores = 1, uint64_t memory = 0) {
  return {name, priority, created, {cores, memory}, created.count()};
}
QueuedJob WithId(QueuedJob job, int64_t id) {
  job.id = id;
  return job;
}

class QueueTest : public testing::Test {
 protected:
  // Starts what Next() gives, until it gives nothing.
  std::string StartAll(nanoseconds now) {
    std::string started;
    while (const auto job = queue_.Next(now)) {
      queue_.Remove(job->name);
      queue_.Take(job->need);
      started += job->name;
    }
    return started;
  }

  Queue queue_{{4, 8 * kGiB}, /*backfill_window=*/seconds(60)};
};

TEST_F(QueueTest, GivesTheOldestOfOnePriority) {
  queue_.Add(Job("b", seconds(2)));
  queue_.Add(Job("a", seconds(1)));
  queue_.Add(Job("c", seconds(3)));
  EXPECT_EQ(StartAll(seconds(10)), "abc");
}

TEST_F(QueueTest, APointOfPriorityIsWorthAMinute) {
  queue_.Add(Job("old", minutes(0)));
  queue_.Add(Job("new", minutes(4), 5));
  EXPECT_EQ(queue_.Next(minutes(9))->name, "new");
  queue_.Add(Job("later", minutes(6), 5));
  queue_.Remove("new");
  EXPECT_EQ(queue_.Next(minutes(9))->name, "old");
}

TEST_F(QueueTest, JobsOfOneTimeGoInTheOrderOfTheirIds) {
  queue_.Add(WithId(Job("b", seconds(1)), 2));
  queue_.Add(WithId(Job("a", seconds(1)), 3));
  queue_.Add(WithId(Job("c", seconds(1)), 1));
  EXPECT_EQ(StartAll(seconds(2)), "cba");
}

TEST_F(QueueTest, JobsMadeWhileTheClockRanAheadDoNotWaitBehindLaterOnes) {
  queue_.Add(WithId(Job("a", minutes(60)), 1));
  queue_.Add(WithId(Job("b", minutes(61)), 2));
  // The clock was set right.
  queue_.Add(WithId(Job("c", minutes(5)), 3));
  queue_.Add(WithId(Job("d", minutes(6)), 4));
  EXPECT_EQ(StartAll(minutes(7)), "abcd");
}

TEST_F(QueueTest, AJobThatComesBackKeepsItsPlace) {
  queue_.Add(WithId(Job("b", minutes(5)), 2));
  queue_.Add(WithId(Job("c", minutes(6)), 3));
  queue_.Add(WithId(Job("a", minutes(60)), 1));
  EXPECT_EQ(StartAll(minutes(7)), "abc");
}

TEST_F(QueueTest, StartsWhatFits) {
  queue_.Add(Job("a", seconds(1), 0, 3));
  queue_.Add(Job("b", seconds(2), 0, 1, 8 * kGiB));
  queue_.Add(Job("c", seconds(3), 0, 1));
  EXPECT_EQ(StartAll(seconds(4)), "ab");
  queue_.Give({3, 0});
  EXPECT_EQ(StartAll(seconds(4)), "c");
}

TEST_F(QueueTest, MemoryIsBookedLikeCores) {
  queue_.Add(Job("a", seconds(1), 0, 1, 5 * kGiB));
  queue_.Add(Job("b", seconds(2), 0, 1, 5 * kGiB));
  EXPECT_EQ(StartAll(seconds(3)), "a");
  queue_.Give({1, 5 * kGiB});
  EXPECT_EQ(StartAll(seconds(3)), "b");
}

TEST_F(QueueTest, SmallJobsPassALargeOneForAWindowOnly) {
  queue_.Take({2, 0});
  queue_.Add(Job("large", seconds(1), 0, 4));
  queue_.Add(Job("a", seconds(2)));
  EXPECT_EQ(StartAll(seconds(10)), "a");
  queue_.Add(Job("b", seconds(11)));
  EXPECT_EQ(StartAll(seconds(69)), "b");
  queue_.Give({2, 0});
  // The window that began at 10 is over: what is free is kept for the large one.
  queue_.Add(Job("c", seconds(12)));
  EXPECT_EQ(StartAll(seconds(70)), "");
  queue_.Give({1, 0});
  EXPECT_EQ(StartAll(seconds(80)), "");
  queue_.Give({1, 0});
  EXPECT_EQ(StartAll(seconds(90)), "large");
  queue_.Give({4, 0});
  EXPECT_EQ(StartAll(seconds(91)), "c");
}

TEST_F(QueueTest, MoreThanThereIsCountsAsAllThereIs) {
  queue_.Add(Job("huge", seconds(1), 0, 64, 100 * kGiB));
  const auto job = queue_.Next(seconds(2));
  ASSERT_TRUE(job);
  EXPECT_EQ(job->need.cores, 4u);
  EXPECT_EQ(job->need.memory_bytes, 8 * kGiB);
}

TEST_F(QueueTest, TakingMoreThanThereIsLeavesNothingFree) {
  queue_.Take({4, 0});
  queue_.Take({3, 0});
  EXPECT_EQ(queue_.free().cores, 0u);
  queue_.Give({4, 0});
  EXPECT_EQ(queue_.free().cores, 1u);
  queue_.Give({3, 0});
  EXPECT_EQ(queue_.free().cores, 4u);
}

TEST_F(QueueTest, RemovedJobsAreGone) {
  queue_.Add(Job("a", seconds(1)));
  EXPECT_TRUE(queue_.Contains("a"));
  EXPECT_TRUE(queue_.Remove("a"));
  EXPECT_FALSE(queue_.Remove("a"));
  EXPECT_FALSE(queue_.Next(seconds(2)));
}

TEST_F(QueueTest, AJobIsQueuedOnce) {
  queue_.Add(Job("a", seconds(1)));
  queue_.Add(Job("a", seconds(1), 3));
  EXPECT_EQ(queue_.size(), 1u);
  EXPECT_EQ(queue_.Next(seconds(2))->priority, 3);
}

TEST(DetectCapacity, FindsSomething) {
  EXPECT_GE(DetectCapacity().cores, 1u);
  EXPECT_GT(DetectCapacity().memory_bytes, 1u << 20);
}

}  // namespace
}  // namespace trainyard
