#include "engine/tensor/thread_pool.h"

#include <immintrin.h>
#include <sched.h>

#include <algorithm>
#include <limits>

// Of GCC's OpenMP runtime, which oneDNN runs on; declared here because another compiler's <omp.h>
// would bring its own runtime, and telling that one would change nothing.
extern "C" void omp_set_num_threads(int);

namespace trainyard {
namespace {

constexpr int kSpins = 4000;  // about 50 us
constexpr int kRoundShift = 32;
// As the next tile: the round gives none.
constexpr uint64_t kClosed = std::numeric_limits<int>::max();

uint32_t RoundOf(uint64_t ticket) { return static_cast<uint32_t>(ticket >> kRoundShift); }
int TileOf(uint64_t ticket) { return static_cast<int>(ticket & 0xffffffffu); }
uint64_t Ticket(uint32_t round, uint64_t tile) { return uint64_t{round} << kRoundShift | tile; }

}  // namespace

ThreadPool::ThreadPool(int threads) : lanes_(static_cast<size_t>(threads)) {
  omp_set_num_threads(1);
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { WorkerLoop(i); });
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  round_.fetch_add(1);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

int ThreadPool::AvailableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void ThreadPool::TakeTiles(uint32_t round, int thread) {
  const TileFunction* function = function_.load(std::memory_order_acquire);
  const int64_t tiles = tiles_.load(std::memory_order_acquire);
  const int64_t lanes = static_cast<int64_t>(lanes_.size());
  for (int64_t turn = 0; turn < lanes; ++turn) {
    const int64_t lane = (thread + turn) % lanes;
    const int end = static_cast<int>(tiles * (lane + 1) / lanes);
    std::atomic<uint64_t>& next = lanes_[static_cast<size_t>(lane)].ticket;
    uint64_t ticket = next.load(std::memory_order_acquire);
    while (RoundOf(ticket) == round && TileOf(ticket) < end) {
      if (!next.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel)) continue;
      (*function)(TileOf(ticket), thread);
      if (remaining_.fetch_sub(1, std::memory_order_acq_rel) == 1) remaining_.notify_one();
      ticket = next.load(std::memory_order_acquire);
    }
  }
}

void ThreadPool::RunTiles(int tiles, const TileFunction& function) {
  if (tiles <= 0) return;
  if (workers_.empty() || tiles == 1) {
    for (int tile = 0; tile < tiles; ++tile) function(tile, 0);
    return;
  }
  // A closed round stands between two open ones: a thread late in the round before that reads the
  // function or the number of tiles written below has seen the closing too, and its claim fails.
  const uint32_t closed = round_.load(std::memory_order_relaxed) + 1;
  const uint32_t round = closed + 1;
  for (Lane& lane : lanes_) lane.ticket.store(Ticket(closed, kClosed), std::memory_order_relaxed);
  remaining_.store(tiles, std::memory_order_relaxed);
  function_.store(&function, std::memory_order_release);
  tiles_.store(tiles, std::memory_order_release);
  const int64_t lanes = static_cast<int64_t>(lanes_.size());
  for (int64_t lane = 0; lane < lanes; ++lane) {
    const uint64_t first = static_cast<uint64_t>(tiles * lane / lanes);
    lanes_[static_cast<size_t>(lane)].ticket.store(Ticket(round, first), std::memory_order_release);
  }
  round_.store(round, std::memory_order_release);
  round_.notify_all();
  TakeTiles(round, 0);
  for (int spin = 0; spin < kSpins; ++spin) {
    if (remaining_.load(std::memory_order_acquire) == 0) return;
    _mm_pause();
  }
  for (int left = remaining_.load(std::memory_order_acquire); left != 0;
       left = remaining_.load(std::memory_order_acquire)) {
    remaining_.wait(left, std::memory_order_acquire);
  }
}

void ThreadPool::WorkerLoop(int thread) {
  omp_set_num_threads(1);
  uint32_t done = 0;
  while (true) {
    uint32_t round = round_.load(std::memory_order_acquire);
    for (int spin = 0; spin < kSpins && round == done; ++spin) {
      _mm_pause();
      round = round_.load(std::memory_order_acquire);
    }
    while (round == done) {
      round_.wait(round, std::memory_order_acquire);
      round = round_.load(std::memory_order_acquire);
    }
    if (stopping_.load(std::memory_order_acquire)) return;
    done = round;
    TakeTiles(done, thread);
  }
}

}  // namespace trainyard
