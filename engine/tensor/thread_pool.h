// The threads of one job. A stage of a plan has a fixed number of tiles; the pool's threads take
// them in any order. Every thread runs oneDNN primitives single-threaded, so that a tile's bits
// depend on the tile only.
//
//   ThreadPool pool(2);
//   pool.Run(tiles, [&](int tile, int thread) { ... });   // returns when all tiles are done
//
// One thread calls Run, and takes tiles itself; the function must not throw and must not call Run.
// Between stages threads spin for some microseconds before they sleep: a step has hundreds of
// stages.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace trainyard {

// A function and its context, without ownership or allocation.
class TileFunction {
 public:
  template <typename F>
  explicit TileFunction(const F& function)
      : context_(&function), call_([](const void* context, int tile, int thread) {
          (*static_cast<const F*>(context))(tile, thread);
        }) {}
  void operator()(int tile, int thread) const { call_(context_, tile, thread); }

 private:
  const void* context_;
  void (*call_)(const void*, int, int);
};

class ThreadPool {
 public:
  // `threads` includes the caller's; at least 1.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // `thread` is from 0 to threads() - 1; no two calls of the same thread run at once.
  template <typename F>
  void Run(int tiles, const F& function) {
    RunTiles(tiles, TileFunction(function));
  }
  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Cores that this process may run on (its affinity), not those of the machine.
  static int AvailableCores();

 private:
  // A thread's own share of the tiles, a range of them: what a thread has written in one stage it
  // finds in its cache in the next. Others help where it is late.
  struct alignas(64) Lane {
    // High half: the round, low half: the next tile. A claim succeeds only within the round that
    // the claimer saw, so a late thread can never run a function of another round.
    std::atomic<uint64_t> ticket{0};
  };

  void RunTiles(int tiles, const TileFunction& function);
  void WorkerLoop(int thread);
  // Takes tiles of `round` until none is left, those of its own lane first.
  void TakeTiles(uint32_t round, int thread);

  std::vector<Lane> lanes_;
  // function_ and tiles_ are written while every lane is in a closed round, which gives no tile.
  std::atomic<uint32_t> round_{0};
  std::atomic<const TileFunction*> function_{nullptr};
  std::atomic<int> tiles_{0};
  std::atomic<int> remaining_{0};
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> workers_;
};

}  // namespace trainyard
