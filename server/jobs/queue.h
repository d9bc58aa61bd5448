// Which queued job starts next: pure logic, no threads and no clock of its own. Used by one thread.
//
// Order: jobs age. One point of priority is worth a minute of waiting, so a job of priority 10 goes
// before one of priority 0 that was submitted up to ten minutes earlier, and nothing waits for
// ever. Ids decide where the clock was wrong: no job counts as younger than one that was made after
// it.
//
// Fit: a job that does not fit into what is free lets smaller ones pass, but only for a window of
// time after it first stood at the head; then cores are left free until it fits. So a large job is
// never starved.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace trainyard {

struct Capacity {
  uint32_t cores = 1;
  uint64_t memory_bytes = 0;
};

// Cores and memory that this process may use (its affinity, its cgroup, the machine), less a tenth
// of memory.
Capacity DetectCapacity();

struct QueuedJob {
  std::string name;
  int32_t priority = 0;
  std::chrono::nanoseconds create_time{0};
  // What it needs; more than there is counts as all there is.
  Capacity need;
  // Order of creation.
  int64_t id = 0;
};

class Queue {
 public:
  Queue(Capacity capacity, std::chrono::nanoseconds backfill_window)
      : capacity_(capacity), backfill_window_(backfill_window) {}

  void Add(QueuedJob job);
  // False where it is not queued.
  bool Remove(const std::string& name);
  bool Contains(const std::string& name) const { return orders_.count(name) != 0; }
  size_t size() const { return jobs_.size(); }

  // The job that may start now, if there is one; it stays queued until Remove().
  std::optional<QueuedJob> Next(std::chrono::nanoseconds now);

  // Books what a starting job uses, and gives it back.
  void Take(const Capacity& need);
  void Give(const Capacity& need);
  const Capacity& free() const { return free_; }
  const Capacity& capacity() const { return capacity_; }
  // `need`, at most the capacity.
  Capacity Clamp(const Capacity& need) const;

 private:
  // Smaller first; the id makes it unique.
  using Order = std::pair<std::chrono::nanoseconds, int64_t>;
  void Insert(QueuedJob job);
  // Sets create_time of `job` and of queued jobs right where the clock was set back between them.
  void Straighten(QueuedJob& job);
  bool Fits(const Capacity& need) const;
  void Refresh();

  const Capacity capacity_;
  const std::chrono::nanoseconds backfill_window_;
  Capacity used_{0, 0};
  // The capacity less what is used.
  Capacity free_ = capacity_;
  std::map<Order, QueuedJob> jobs_;
  std::map<std::string, Order> orders_;
  // Of all jobs that came, and so a bound for those that are queued.
  int64_t newest_id_ = 0;
  std::chrono::nanoseconds newest_time_{0};
  // The job at the head that did not fit, and since when.
  std::string blocked_;
  std::chrono::nanoseconds blocked_since_{0};
};

}  // namespace trainyard
