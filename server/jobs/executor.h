// Where work runs: injected, so that the same code runs on a pool in the server and step by step in
// tests.
#pragma once

#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"

namespace trainyard {

class Executor {
 public:
  virtual ~Executor() = default;
  // Runs `task` later, on some thread. Never runs it within the call.
  virtual void Post(std::function<void()> task) = 0;
};

// Threads that take tasks in order. (ThreadPool is the engine's: the threads of a job.)
// Thread-safe. Tasks posted before Stop() are run; later ones are dropped.
class ThreadedExecutor final : public Executor {
 public:
  explicit ThreadedExecutor(int threads);
  ~ThreadedExecutor() override;
  void Post(std::function<void()> task) override;
  // Runs what is queued and joins the threads. Called by the owner, not by a task.
  void Stop();

 private:
  void Loop();

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::function<void()>> tasks_ TRAINYARD_GUARDED_BY(mutex_);
  bool stopping_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

// Runs its tasks one after the other, in order, on another executor: what is touched only by tasks
// of one strand needs no lock. Thread-safe. Must outlive its tasks.
class Strand final : public Executor {
 public:
  explicit Strand(Executor& executor) : executor_(executor) {}
  void Post(std::function<void()> task) override;

 private:
  void RunSome();

  Executor& executor_;
  Mutex mutex_;
  std::deque<std::function<void()>> tasks_ TRAINYARD_GUARDED_BY(mutex_);
  bool scheduled_ TRAINYARD_GUARDED_BY(mutex_) = false;
};

}  // namespace trainyard
