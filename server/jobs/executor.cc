#include "server/jobs/executor.h"

#include <utility>

namespace trainyard {
namespace {

// Tasks of a strand that run before others on the same executor get a turn.
constexpr int kStrandTurn = 64;

}  // namespace

ThreadedExecutor::ThreadedExecutor(int threads) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

ThreadedExecutor::~ThreadedExecutor() { Stop(); }

void ThreadedExecutor::Post(std::function<void()> task) {
  MutexLock lock(mutex_);
  if (stopping_) return;
  tasks_.push_back(std::move(task));
  changed_.NotifyOne();
}

void ThreadedExecutor::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ThreadedExecutor::Loop() {
  for (;;) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      changed_.Wait(lock,
                    [this]() TRAINYARD_REQUIRES(mutex_) { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
}

void Strand::Post(std::function<void()> task) {
  {
    MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
    if (scheduled_) return;
    scheduled_ = true;
  }
  executor_.Post([this] { RunSome(); });
}

void Strand::RunSome() {
  for (int turn = 0; turn < kStrandTurn; ++turn) {
    std::function<void()> task;
    {
      MutexLock lock(mutex_);
      if (tasks_.empty()) {
        scheduled_ = false;
        return;
      }
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task();
  }
  executor_.Post([this] { RunSome(); });
}

}  // namespace trainyard
