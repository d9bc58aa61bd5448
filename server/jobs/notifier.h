// Wakes those who wait for events of a job. It carries no events: a watcher is a cursor, and reads
// the log itself once it is woken.
//
//   auto id = notifier.Watch("jobs/a", cursor, [] { ... read the log after cursor, then Watch again
//   ... });
//
// The callback is called exactly once, on the executor: when a newer event than `after_sequence` is
// on disk, or at once where there is one already or the disk cannot tell. So nothing is missed
// between a read and the Watch that follows it. Thread-safe; Watch() does a point read of the
// database on the caller's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "server/jobs/executor.h"

namespace trainyard {

class Notifier {
 public:
  using WatchId = uint64_t;
  // Reads a job's newest durable sequence (JobStore::LastSequence).
  using LastSequence = std::function<absl::StatusOr<uint64_t>(const std::string& job)>;
  Notifier(Executor& executor, LastSequence last_sequence)
      : executor_(executor), last_sequence_(std::move(last_sequence)) {}

  WatchId Watch(const std::string& job, uint64_t after_sequence, std::function<void()> callback);
  // False where the callback has been handed to the executor already: then it will still run.
  bool Cancel(const std::string& job, WatchId id);
  // Events up to `last_sequence` are on disk. Called by JobManager.
  void Publish(const std::string& job, uint64_t last_sequence);
  // So many times it was told of events, of whatever job. What is on disk when it is read is at
  // least what it counts: whoever follows many jobs looks again once it has grown.
  uint64_t published() const { return published_.load(); }
  size_t watchers() const;

 private:
  struct Watcher {
    uint64_t after_sequence;
    std::function<void()> callback;
  };

  // Hands the callback of one watch to the executor, where it is still there.
  void Wake(const std::string& job, WatchId id);

  Executor& executor_;
  const LastSequence last_sequence_;
  std::atomic<uint64_t> published_{0};
  mutable Mutex mutex_;
  WatchId next_id_ TRAINYARD_GUARDED_BY(mutex_) = 1;
  std::unordered_map<std::string, std::map<WatchId, Watcher>> watchers_
      TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
