#include "server/jobs/queue.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <vector>

namespace trainyard {
namespace {

// What a point of priority is worth in waiting.
constexpr std::chrono::nanoseconds kAgePerPriority = std::chrono::minutes(1);

// A number of a file of the cgroup; "max" and a missing file are no limit.
uint64_t ReadLimit(const char* path) {
  std::ifstream file(path);
  uint64_t limit = 0;
  return file >> limit ? limit : std::numeric_limits<uint64_t>::max();
}

}  // namespace

Capacity DetectCapacity() {
  Capacity capacity;
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof(cores), &cores) == 0) {
    capacity.cores = static_cast<uint32_t>(std::max(1, CPU_COUNT(&cores)));
  }
  std::ifstream quota("/sys/fs/cgroup/cpu.max");
  uint64_t microseconds = 0, period = 0;
  if (quota >> microseconds >> period && period > 0) {
    capacity.cores = std::min<uint32_t>(
        capacity.cores, static_cast<uint32_t>(std::max<uint64_t>(1, microseconds / period)));
  }
  const uint64_t machine =
      static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t memory = std::min(machine, ReadLimit("/sys/fs/cgroup/memory.max"));
  capacity.memory_bytes = memory - memory / 10;
  return capacity;
}

Capacity Queue::Clamp(const Capacity& need) const {
  return {std::clamp<uint32_t>(need.cores, 1, capacity_.cores),
          std::min(need.memory_bytes, capacity_.memory_bytes)};
}

void Queue::Add(QueuedJob job) {
  Remove(job.name);
  job.need = Clamp(job.need);
  Straighten(job);
  Insert(std::move(job));
}

void Queue::Insert(QueuedJob job) {
  const Order order{job.create_time - job.priority * kAgePerPriority, job.id};
  orders_.emplace(job.name, order);
  jobs_.emplace(order, std::move(job));
}

void Queue::Straighten(QueuedJob& job) {
  // Nothing to look at where jobs come in order.
  if (job.id < newest_id_) {
    for (const auto& [order, other] : jobs_) {
      if (other.id > job.id) job.create_time = std::min(job.create_time, other.create_time);
    }
  }
  if (job.create_time < newest_time_) {
    std::vector<QueuedJob> late;
    for (const auto& [order, other] : jobs_) {
      if (other.id < job.id && other.create_time > job.create_time) late.push_back(other);
    }
    for (QueuedJob& other : late) {
      Remove(other.name);
      other.create_time = job.create_time;
      Insert(std::move(other));
    }
  }
  newest_id_ = std::max(newest_id_, job.id);
  newest_time_ = std::max(newest_time_, job.create_time);
}

bool Queue::Remove(const std::string& name) {
  const auto order = orders_.find(name);
  if (order == orders_.end()) return false;
  jobs_.erase(order->second);
  orders_.erase(order);
  return true;
}

bool Queue::Fits(const Capacity& need) const {
  return need.cores <= free_.cores && need.memory_bytes <= free_.memory_bytes;
}

std::optional<QueuedJob> Queue::Next(std::chrono::nanoseconds now) {
  if (jobs_.empty() || free_.cores == 0) return std::nullopt;
  const QueuedJob& head = jobs_.begin()->second;
  if (Fits(head.need)) {
    blocked_.clear();
    return head;
  }
  if (blocked_ != head.name) {
    blocked_ = head.name;
    blocked_since_ = now;
  }
  if (now - blocked_since_ >= backfill_window_) return std::nullopt;
  for (const auto& [order, job] : jobs_) {
    if (Fits(job.need)) return job;
  }
  return std::nullopt;
}

void Queue::Take(const Capacity& need) {
  // More may be in use than there is: jobs of an earlier server on a larger machine.
  const Capacity taken = Clamp(need);
  used_.cores += taken.cores;
  used_.memory_bytes += taken.memory_bytes;
  Refresh();
}

void Queue::Give(const Capacity& need) {
  const Capacity given = Clamp(need);
  used_.cores -= std::min(used_.cores, given.cores);
  used_.memory_bytes -= std::min(used_.memory_bytes, given.memory_bytes);
  Refresh();
}

void Queue::Refresh() {
  free_.cores = capacity_.cores - std::min(capacity_.cores, used_.cores);
  free_.memory_bytes =
      capacity_.memory_bytes - std::min(capacity_.memory_bytes, used_.memory_bytes);
}

}  // namespace trainyard
