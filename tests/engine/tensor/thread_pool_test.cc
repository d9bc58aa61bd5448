#include "engine/tensor/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace trainyard {
namespace {

class ThreadPoolOf : public ::testing::TestWithParam<int> {};

TEST_P(ThreadPoolOf, RunsEveryTileOnceInEveryRound) {
  ThreadPool pool(GetParam());
  EXPECT_EQ(pool.threads(), GetParam());
  for (int round = 0; round < 2000; ++round) {
    const int tiles = 1 + round % 17;
    std::vector<std::atomic<int>> runs(tiles);
    pool.Run(tiles, [&](int tile, int thread) {
      ASSERT_LT(thread, GetParam());
      ++runs[tile];
    });
    for (int tile = 0; tile < tiles; ++tile) ASSERT_EQ(runs[tile], 1) << "round " << round;
  }
}

TEST_P(ThreadPoolOf, TakesNoTilesAndManyTiles) {
  ThreadPool pool(GetParam());
  pool.Run(0, [](int, int) { FAIL(); });
  std::atomic<int> sum = 0;
  pool.Run(10'000, [&](int tile, int) { sum += tile; });
  EXPECT_EQ(sum, 49'995'000);
}

// What a thread owns needs no lock.
TEST_P(ThreadPoolOf, RunsNoTwoTilesOfAThreadAtOnce) {
  ThreadPool pool(GetParam());
  std::vector<std::atomic<int>> running(GetParam());
  std::atomic<int> overlaps = 0;
  for (int round = 0; round < 500; ++round) {
    pool.Run(16, [&](int, int thread) {
      overlaps += running[thread].fetch_add(1) != 0;
      running[thread].fetch_sub(1);
    });
  }
  EXPECT_EQ(overlaps, 0);
}

// A thread that is suspended between reading a round's tiles and claiming one wakes up in a later
// round with another number of tiles.
TEST(ThreadPool, LateThreadsClaimNoTileOfAnotherRound) {
  constexpr int kRounds = 100'000;
  constexpr int kMostTiles = 12;
  ThreadPool pool(4 * ThreadPool::AvailableCores() + 1);
  std::vector<std::atomic<int>> runs(kMostTiles);
  for (int round = 0; round < kRounds; ++round) {
    const int tiles = round % 2 == 0 ? 2 : 3 + round % (kMostTiles - 2);
    for (std::atomic<int>& count : runs) count.store(0, std::memory_order_relaxed);
    pool.Run(tiles, [&](int tile, int) { runs[tile].fetch_add(1, std::memory_order_relaxed); });
    for (int tile = 0; tile < kMostTiles; ++tile) {
      ASSERT_EQ(runs[tile].load(std::memory_order_relaxed), tile < tiles ? 1 : 0)
          << "tile " << tile << " of " << tiles << " in round " << round;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, ThreadPoolOf, ::testing::Values(1, 2, 3, 8));

TEST(ThreadPool, KnowsItsCores) { EXPECT_GE(ThreadPool::AvailableCores(), 1); }

}  // namespace
}  // namespace trainyard
