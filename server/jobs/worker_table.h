// JobManager's memory of its workers: processes from their start, or from the first Hello after a
// restart of the server, until they are gone. Used by one thread at a time (the strand).
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "server/jobs/queue.h"
#include "server/jobs/worker_pool.h"
#include "server/store/lease.h"

namespace trainyard {

struct Worker {
  enum class Phase {
    // Its process was started and has not said Hello yet.
    kStarting,
    kIdle,
    // A claim for it is on its way to the disk.
    kClaiming,
    // It holds a lease.
    kBusy,
    // It was told to go, by us (there are too many) or by others: it gets no job any more.
    kLeaving,
  };

  WorkerProcess process;
  // Started by this server, which is told when and how it ends.
  bool child = false;
  // Of an earlier server, and it has not dialled this one yet.
  bool inherited = false;
  Phase phase = Phase::kStarting;
  // Null while it has not dialled, or its stream is broken.
  std::shared_ptr<WorkerConnection> connection;
  // What is sent there arrives: the lease in its Hello has been answered, and the stream is not
  // being closed.
  bool ready = false;
  // Of `connection`, by Hello and heartbeats.
  std::chrono::nanoseconds last_heard{0};
  // kBusy.
  Lease lease;
  // Of the capacity, for its job: kClaiming, kBusy.
  std::optional<Capacity> booked;
  // When it is given up: it neither dialled nor stopped in time.
  std::optional<std::chrono::nanoseconds> deadline;
  // Its job is to be cancelled.
  bool cancel = false;
  // It goes when its job has ended.
  bool leaving = false;
  // The process has ended; the entry stays until what it held is settled.
  bool gone = false;
};

class WorkerTable {
 public:
  Worker* Find(const std::string& name) {
    const auto found = workers_.find(name);
    return found == workers_.end() ? nullptr : &found->second;
  }
  // The worker at the other end of a stream.
  Worker* At(const std::shared_ptr<WorkerConnection>& connection) {
    for (auto& [name, worker] : workers_) {
      if (worker.connection == connection) return &worker;
    }
    return nullptr;
  }
  // The worker that holds a lease of the job.
  Worker* Holding(const std::string& job) {
    for (auto& [name, worker] : workers_) {
      if (worker.phase == Worker::Phase::kBusy && worker.lease.job == job) return &worker;
    }
    return nullptr;
  }
  // One that can be given a job now.
  Worker* Idle() {
    for (auto& [name, worker] : workers_) {
      if (worker.phase == Worker::Phase::kIdle && worker.connection != nullptr && worker.ready) {
        return &worker;
      }
    }
    return nullptr;
  }
  // Idle, or about to be.
  size_t Unoccupied() const {
    size_t count = 0;
    for (const auto& [name, worker] : workers_) {
      count += worker.phase == Worker::Phase::kStarting || worker.phase == Worker::Phase::kIdle;
    }
    return count;
  }
  size_t Holding() const {
    size_t count = 0;
    for (const auto& [name, worker] : workers_) count += worker.phase == Worker::Phase::kBusy;
    return count;
  }
  // All but those that are leaving.
  size_t Staying() const {
    size_t count = 0;
    for (const auto& [name, worker] : workers_) count += worker.phase != Worker::Phase::kLeaving;
    return count;
  }
  Worker& Add(const std::string& name) { return workers_[name]; }
  void Erase(const std::string& name) { workers_.erase(name); }
  std::map<std::string, Worker>& all() { return workers_; }
  size_t size() const { return workers_.size(); }

 private:
  std::map<std::string, Worker> workers_;
};

}  // namespace trainyard
