#include "server/jobs/notifier.h"

#include <vector>

namespace trainyard {

Notifier::WatchId Notifier::Watch(const std::string& job, uint64_t after_sequence,
                                  std::function<void()> callback) {
  WatchId id;
  {
    MutexLock lock(mutex_);
    id = next_id_++;
    watchers_[job].emplace(id, Watcher{after_sequence, std::move(callback)});
  }
  // Read after it is registered: what is appended from now on is told by Publish, what was there
  // before is found here.
  const absl::StatusOr<uint64_t> last = last_sequence_(job);
  if (!last.ok()) {
    // There may be one: the watcher reads the log, and meets the error itself where it stays.
    Wake(job, id);
  } else if (*last > after_sequence) {
    Publish(job, *last);
  }
  return id;
}

void Notifier::Wake(const std::string& job, WatchId id) {
  std::function<void()> callback;
  {
    MutexLock lock(mutex_);
    const auto of_job = watchers_.find(job);
    if (of_job == watchers_.end()) return;
    const auto watcher = of_job->second.find(id);
    if (watcher == of_job->second.end()) return;
    callback = std::move(watcher->second.callback);
    of_job->second.erase(watcher);
    if (of_job->second.empty()) watchers_.erase(of_job);
  }
  executor_.Post(std::move(callback));
}

bool Notifier::Cancel(const std::string& job, WatchId id) {
  MutexLock lock(mutex_);
  const auto of_job = watchers_.find(job);
  if (of_job == watchers_.end() || of_job->second.erase(id) == 0) return false;
  if (of_job->second.empty()) watchers_.erase(of_job);
  return true;
}

void Notifier::Publish(const std::string& job, uint64_t last_sequence) {
  published_.fetch_add(1);
  std::vector<std::function<void()>> due;
  {
    MutexLock lock(mutex_);
    const auto of_job = watchers_.find(job);
    if (of_job == watchers_.end()) return;
    for (auto watcher = of_job->second.begin(); watcher != of_job->second.end();) {
      if (watcher->second.after_sequence >= last_sequence) {
        ++watcher;
        continue;
      }
      due.push_back(std::move(watcher->second.callback));
      watcher = of_job->second.erase(watcher);
    }
    if (of_job->second.empty()) watchers_.erase(of_job);
  }
  for (auto& callback : due) executor_.Post(std::move(callback));
}

size_t Notifier::watchers() const {
  MutexLock lock(mutex_);
  size_t count = 0;
  for (const auto& [job, watchers] : watchers_) count += watchers.size();
  return count;
}

}  // namespace trainyard
