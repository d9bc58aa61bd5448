// The single owner of what happens to jobs: every change of state goes through here. Sits between
// the API layer, the store and the workers.
//
//   JobManager manager(options, store, artifacts, notifier, processes, executor, readers, clock);
//   RETURN_IF_ERROR(manager.Recover());      // once, before the API serves
//   ... every 100 ms or so: manager.Tick();
//   manager.Drain([] { ... everything is on disk, workers are gone ... });
//
// Threads: every method may be called from any thread and returns at once (Recover blocks). All
// decisions run on one strand of the executor, so that there is no lock to wait for; all truth is
// in the store, and what is kept here is a cache for scheduling. Callbacks run on the executor.
// `readers` runs what takes long: checkpoints are read and hashed there.
//
// End: stop calling it, Store::Close(), stop `readers`, stop the executor, then destroy it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "server/jobs/executor.h"
#include "server/jobs/job_manager_types.h"
#include "server/jobs/notifier.h"
#include "server/jobs/transitions.h"
#include "server/jobs/worker_pool.h"
#include "server/store/artifact_store.h"
#include "server/store/lease.h"
#include "server/store/store.h"
#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

class Dispatcher;

class JobManager {
 public:
  using JobCallback = trainyard::JobCallback;
  using Connection = std::shared_ptr<WorkerConnection>;

  JobManager(JobManagerOptions options, Store& store, ArtifactStore& artifacts, Notifier& notifier,
             WorkerProcesses& processes, Executor& executor, Executor& readers, const Clock& clock);
  ~JobManager();

  // Reads the unfinished jobs: queues the queued ones; waits for the workers of held ones that are
  // alive, and sends the others to the next attempt.
  absl::Status Recover();

  // The callback gets the job once it is on disk. A repeated request_id gets the stored answer.
  // ALREADY_EXISTS REQUEST_ID_REUSED; RESOURCE_EXHAUSTED QUEUE_FULL, DISK_FULL; UNAVAILABLE
  // DRAINING; INVALID_ARGUMENT: asks for more cores or memory than there are.
  void Create(NewJob job, JobCallback done);
  // All of them or none, in one transaction with what `within` writes, which gets their names. The
  // callback is told once they are on disk; errors as above, and those of `within`. The jobs'
  // request_ids are not looked at.
  void CreateAll(std::vector<NewJob> jobs, WithinCreation within,
                 std::function<void(absl::Status)> done);
  // NOT_FOUND; FAILED_PRECONDITION JOB_TERMINAL{state}.
  void Cancel(std::string name, std::string request_id, std::string request_hash, JobCallback done);

  // Ends a job for a reason of the server's own, which its state then has: STOPPED_EARLY. Errors as
  // above.
  void Stop(std::string name, std::string reason, std::string message, JobCallback done);

  // The stream's side. Answers go through the connection.
  void OnWorkerHello(WorkerHello hello, Connection connection);
  // Acks what is on disk; Close(LEASE_LOST) for a lease that is not the newest.
  void OnReport(Connection connection, Lease lease, uint64_t first_sequence,
                std::vector<v1::Event> events);
  void OnDone(Connection connection, Lease lease, bool preempted);
  // Expected every few seconds from each worker that has a stream.
  void OnHeartbeat(Connection connection);
  // The stream broke; the process may live and dial again.
  void OnWorkerDisconnected(std::string worker, Connection connection);
  // The process is gone; `how` it ended, for people: "signal 9 (Killed)".
  void OnWorkerExited(std::string worker, std::string how);

  // Looks at deadlines. Call it every 100 ms or so.
  void Tick();
  // No new jobs (UNAVAILABLE), workers checkpoint and stop, their jobs go back to the queue; `done`
  // is called once no worker is left.
  void Drain(std::function<void()> done);

  JobCounts counts() const;

 private:
  void Post(std::function<void(Dispatcher&)> task);

  // Shared with the callbacks that are still on their way.
  const std::shared_ptr<Dispatcher> dispatcher_;
};

}  // namespace trainyard
