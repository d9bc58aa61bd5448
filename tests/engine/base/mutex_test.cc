#include "engine/base/mutex.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace trainyard {
namespace {

class Counter {
 public:
  void Add() {
    {
      MutexLock lock(mutex_);
      ++count_;
    }
    changed_.NotifyAll();
  }
  void WaitFor(int count) {
    MutexLock lock(mutex_);
    changed_.Wait(lock, [&]() TRAINYARD_REQUIRES(mutex_) { return count_ >= count; });
  }
  bool WaitFor(int count, std::chrono::nanoseconds timeout) {
    MutexLock lock(mutex_);
    return changed_.WaitFor(lock, timeout,
                            [&]() TRAINYARD_REQUIRES(mutex_) { return count_ >= count; });
  }
  int count() {
    MutexLock lock(mutex_);
    return count_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  int count_ TRAINYARD_GUARDED_BY(mutex_) = 0;
};

TEST(MutexTest, NoIncrementOfManyThreadsIsLost) {
  Counter counter;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) counter.Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.count(), 4000);
}

TEST(MutexTest, LockAndUnlockWithoutAScope) {
  Mutex mutex;
  mutex.Lock();
  mutex.Unlock();
  MutexLock lock(mutex);
}

TEST(CondVarTest, WaitEndsWhenTheStateIsReached) {
  Counter counter;
  std::thread other([&] { counter.Add(); });
  counter.WaitFor(1);
  EXPECT_EQ(counter.count(), 1);
  other.join();
}

TEST(CondVarTest, WaitForTellsWhetherTheStateWasReached) {
  Counter counter;
  EXPECT_FALSE(counter.WaitFor(1, std::chrono::nanoseconds(1)));
  counter.Add();
  EXPECT_TRUE(counter.WaitFor(1, std::chrono::nanoseconds(1)));
}

}  // namespace
}  // namespace trainyard
