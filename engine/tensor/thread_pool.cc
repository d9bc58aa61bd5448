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

ThreadPool::ThreadPool(int threads) {
  omp_set_num_threads(1);
  for (int i = 1; i < threads; ++i) workers_.emplace_back([this] { WorkerLoop(); });
}

ThreadPool::~ThreadPool() {
  stopping_ = true;
  ticket_.fetch_add(uint64_t{1} << kRoundShift);
  ticket_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

int ThreadPool::AvailableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return std::max(1, CPU_COUNT(&set));
}

void ThreadPool::TakeTiles(uint32_t round) {
  const TileFunction* function = function_.load(std::memory_order_acquire);
  const int tiles = tiles_.load(std::memory_order_acquire);
  uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while (RoundOf(ticket) == round && TileOf(ticket) < tiles) {
    if (!ticket_.compare_exchange_weak(ticket, ticket + 1, std::memory_order_acq_rel)) continue;
    (*function)(TileOf(ticket));
    if (remaining_.fetch_sub(1, std::memory_order_acq_rel) == 1) remaining_.notify_one();
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

void ThreadPool::RunTiles(int tiles, const TileFunction& function) {
  if (tiles <= 0) return;
  if (workers_.empty() || tiles == 1) {
    for (int tile = 0; tile < tiles; ++tile) function(tile);
    return;
  }
  // A closed round stands between two open ones: a thread late in the round before that reads the
  // function or the number of tiles written below has seen the closing too, and its claim fails.
  const uint32_t closed = RoundOf(ticket_.load(std::memory_order_relaxed)) + 1;
  const uint32_t round = closed + 1;
  ticket_.store(Ticket(closed, kClosed), std::memory_order_relaxed);
  remaining_.store(tiles, std::memory_order_relaxed);
  function_.store(&function, std::memory_order_release);
  tiles_.store(tiles, std::memory_order_release);
  ticket_.store(Ticket(round, 0), std::memory_order_release);
  ticket_.notify_all();
  TakeTiles(round);
  for (int spin = 0; spin < kSpins; ++spin) {
    if (remaining_.load(std::memory_order_acquire) == 0) return;
    _mm_pause();
  }
  for (int left = remaining_.load(std::memory_order_acquire); left != 0;
       left = remaining_.load(std::memory_order_acquire)) {
    remaining_.wait(left, std::memory_order_acquire);
  }
}

void ThreadPool::WorkerLoop() {
  omp_set_num_threads(1);
  uint32_t done = 0;
  while (true) {
    uint64_t ticket = ticket_.load(std::memory_order_acquire);
    for (int spin = 0; spin < kSpins && RoundOf(ticket) == done; ++spin) {
      _mm_pause();
      ticket = ticket_.load(std::memory_order_acquire);
    }
    while (RoundOf(ticket) == done) {
      ticket_.wait(ticket, std::memory_order_acquire);
      ticket = ticket_.load(std::memory_order_acquire);
    }
    if (stopping_.load(std::memory_order_acquire)) return;
    done = RoundOf(ticket);
    TakeTiles(done);  // none where the round is closed: then the open one is waited for
  }
}

}  // namespace trainyard
