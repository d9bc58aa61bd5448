// Keeps tasks until it is told to run them. Thread-safe.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "engine/base/mutex.h"
#include "server/jobs/executor.h"

namespace trainyard {

class ManualExecutor final : public Executor {
 public:
  void Post(std::function<void()> task) override {
    MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
  }

  // Runs tasks, also those that they post, until none is left; gives their number.
  size_t RunAll() {
    for (size_t ran = 0;; ++ran) {
      std::function<void()> task;
      {
        MutexLock lock(mutex_);
        if (tasks_.empty()) return ran;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

 private:
  Mutex mutex_;
  std::deque<std::function<void()>> tasks_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
