// std::mutex with clang's thread-safety annotations. (Debian's absl::Mutex aborts on lock-order
// inversion and costs three times as much.)
//
//   Mutex mutex_;
//   int count_ TRAINYARD_GUARDED_BY(mutex_);
//   ...
//   MutexLock lock(mutex_);
//   changed_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) { return count_ > 0; });
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define TRAINYARD_ANNOTATION(x) __attribute__((x))
#else
#define TRAINYARD_ANNOTATION(x)
#endif

#define TRAINYARD_CAPABILITY(x) TRAINYARD_ANNOTATION(capability(x))
#define TRAINYARD_SCOPED_CAPABILITY TRAINYARD_ANNOTATION(scoped_lockable)
#define TRAINYARD_GUARDED_BY(x) TRAINYARD_ANNOTATION(guarded_by(x))
#define TRAINYARD_REQUIRES(...) TRAINYARD_ANNOTATION(requires_capability(__VA_ARGS__))
#define TRAINYARD_ACQUIRE(...) TRAINYARD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define TRAINYARD_RELEASE(...) TRAINYARD_ANNOTATION(release_capability(__VA_ARGS__))
#define TRAINYARD_EXCLUDES(...) TRAINYARD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace trainyard {

class TRAINYARD_CAPABILITY("mutex") Mutex {
 public:
  void Lock() TRAINYARD_ACQUIRE() { mutex_.lock(); }
  void Unlock() TRAINYARD_RELEASE() { mutex_.unlock(); }

 private:
  friend class MutexLock;
  std::mutex mutex_;
};

// Locks for a scope.
class TRAINYARD_SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) TRAINYARD_ACQUIRE(mutex) : lock_(mutex.mutex_) {}
  ~MutexLock() TRAINYARD_RELEASE() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  friend class CondVar;
  std::unique_lock<std::mutex> lock_;
};

class CondVar {
 public:
  template <typename Predicate>
  void Wait(MutexLock& lock, Predicate predicate) {
    condition_.wait(lock.lock_, predicate);
  }
  // False where the time passed first.
  template <typename Predicate>
  bool WaitFor(MutexLock& lock, std::chrono::nanoseconds timeout, Predicate predicate) {
    return condition_.wait_for(lock.lock_, timeout, predicate);
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace trainyard
