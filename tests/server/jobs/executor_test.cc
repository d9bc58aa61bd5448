#include "server/jobs/executor.h"

#include <atomic>
#include <string>

#include <gtest/gtest.h>

#include "tests/server/support/manual_executor.h"

namespace trainyard {
namespace {

TEST(ThreadedExecutor, RunsEverythingThatWasPostedBeforeStop) {
  std::atomic<int> ran{0};
  ThreadedExecutor executor(3);
  for (int i = 0; i < 1000; ++i) executor.Post([&] { ++ran; });
  executor.Stop();
  EXPECT_EQ(ran, 1000);
  executor.Post([&] { ++ran; });
  EXPECT_EQ(ran, 1000);
}

TEST(Strand, RunsInOrderAndOneAtATime) {
  std::string order;
  ManualExecutor executor;
  Strand strand(executor);
  strand.Post([&] {
    strand.Post([&] { order += "c"; });
    order += "a";
  });
  strand.Post([&] { order += "b"; });
  EXPECT_EQ(order, "");
  executor.RunAll();
  EXPECT_EQ(order, "abc");
  strand.Post([&] { order += "d"; });
  executor.RunAll();
  EXPECT_EQ(order, "abcd");
}

TEST(Strand, NeedsNoLockOnManyThreads) {
  ThreadedExecutor executor(4);
  Strand strand(executor);
  int count = 0;  // Not atomic.
  std::vector<std::thread> posters;
  for (int t = 0; t < 4; ++t) {
    posters.emplace_back([&] {
      for (int i = 0; i < 500; ++i) strand.Post([&] { ++count; });
    });
  }
  for (std::thread& poster : posters) poster.join();
  std::atomic<bool> done{false};
  strand.Post([&] { done = true; });
  while (!done) std::this_thread::yield();
  executor.Stop();
  EXPECT_EQ(count, 2000);
}

TEST(Strand, LetsOthersOfTheExecutorRun) {
  ManualExecutor executor;
  Strand strand(executor);
  int ran = 0;
  int ran_before_other = -1;
  for (int i = 0; i < 200; ++i) strand.Post([&] { ++ran; });
  executor.Post([&] { ran_before_other = ran; });
  executor.RunAll();
  EXPECT_EQ(ran, 200);
  EXPECT_LT(ran_before_other, 200);
}

}  // namespace
}  // namespace trainyard
