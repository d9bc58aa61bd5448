// What JobManager needs of worker processes, as interfaces: implemented by server/workers
// (processes, and the stream of WorkerService.Work) and by fakes in tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/lease.h"
#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

// WorkResponse.Assign.
struct Assignment {
  Lease lease;
  v1::Specification specification;
  uint32_t threads = 1;
  uint64_t memory_bytes = 0;
  // Newest checkpoint, where there is one.
  std::optional<v1::Artifact> checkpoint;
  // For a prediction job.
  std::optional<v1::Artifact> model;
  std::optional<v1::Specification> model_specification;
};

// One stream to one worker. Held by shared_ptr, since the stream may break while JobManager is
// about to send; calls on a broken one do nothing. Thread-safe; no call blocks or calls JobManager
// back before it returns.
class WorkerConnection {
 public:
  virtual ~WorkerConnection() = default;
  virtual void Assign(const Assignment& assignment) = 0;
  virtual void Cancel(const Lease& lease) = 0;
  // Checkpoint, report, Done{preempted}, exit.
  virtual void Drain() = 0;
  // Reports up to `last_sequence` are on disk. `over`: the answer to Done, the worker is free.
  virtual void Ack(const Lease& lease, uint64_t last_sequence, bool over) = 0;
  // Ends the stream with this status: FAILED_PRECONDITION LEASE_LOST makes the worker drop its job.
  virtual void Close(const absl::Status& status) = 0;
};

// Starts, finds and kills worker processes. Thread-safe; no call blocks for long.
class WorkerProcesses {
 public:
  virtual ~WorkerProcesses() = default;
  // Starts a process that will dial and say Hello with `worker` as its id. Its end is told by
  // JobManager::OnWorkerExited; that of workers of an earlier server is found out through IsAlive.
  virtual absl::StatusOr<WorkerProcess> Start(const std::string& worker) = 0;
  // False where the process is known to be gone, or its id is another process's by now.
  virtual bool IsAlive(const WorkerProcess& process) const = 0;
  // Reads the start time of a process. NOT_FOUND where it is gone, UNAVAILABLE where that cannot be
  // told now.
  virtual absl::StatusOr<uint64_t> StartTime(int64_t process_id) const = 0;
  // SIGKILL to the process group, where it is alive.
  virtual void Kill(const WorkerProcess& process) = 0;
};

}  // namespace trainyard
