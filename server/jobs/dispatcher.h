// The decisions behind JobManager: which job goes to which worker, and what follows when workers
// come, report, stop and die. Everything runs on the strand, one task after the other; the public
// functions but Recover() and counts() are called there.
//
// A decision that changes a job is a transaction (transitions.h) that the writer's thread runs;
// what it made of the job comes back to the strand and only then changes the memory here. So what
// is here may lag behind the disk, but never runs ahead of it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "server/jobs/executor.h"
#include "server/jobs/job_manager_types.h"
#include "server/jobs/notifier.h"
#include "server/jobs/queue.h"
#include "server/jobs/transitions.h"
#include "server/jobs/worker_pool.h"
#include "server/jobs/worker_table.h"
#include "server/store/artifact_store.h"
#include "server/store/store.h"

namespace trainyard {

class Dispatcher : public std::enable_shared_from_this<Dispatcher> {
 public:
  using Link = std::shared_ptr<WorkerConnection>;

  Dispatcher(JobManagerOptions options, Store& store, ArtifactStore& artifacts, Notifier& notifier,
             WorkerProcesses& processes, Executor& executor, Executor& readers, const Clock& clock);

  Strand& strand() { return strand_; }
  absl::Status Recover();
  JobCounts counts() const;

  // Jobs: dispatcher.cc.
  void Create(NewJob job, const JobCallback& done);
  void CreateAll(std::vector<NewJob> jobs, const WithinCreation& within,
                 const std::function<void(absl::Status)>& done);
  void Cancel(const std::string& name, const std::string& request_id,
              const std::string& request_hash, const JobCallback& done);
  void Stop(const std::string& name, const std::string& reason, const std::string& message,
            const JobCallback& done);

  // Workers: dispatcher_workers.cc.
  void Hello(const WorkerHello& hello, const Link& link);
  void Report(const Link& link, const Lease& lease, uint64_t first_sequence,
              std::vector<v1::Event> events);
  void Done(const Link& link, const Lease& lease, bool preempted);
  void Heartbeat(const Link& link);
  void Disconnected(const std::string& name, const Link& link);
  void Exited(const std::string& name, const std::string& how);
  void Tick();
  void Drain(std::function<void()> done);

 private:
  using Time = std::chrono::nanoseconds;
  Time Now() const { return clock_.Monotonic(); }

  // Runs `work` as one transaction, then `then` on the strand.
  template <typename T>
  void Transact(std::function<absl::StatusOr<T>(Connection&)> work,
                std::function<void(absl::StatusOr<T>)> then);
  void Publish(const JobOutcome& outcome);

  // OK where a new job may be queued, with so many in all.
  absl::Status Admission(const NewJob& job, size_t count) const;
  // Gives jobs to idle workers as long as both are there, and starts workers.
  void Schedule();
  // Each job has a core of its own at least: more workers than this never have work.
  size_t MostWorkers() const;
  void StartWorkers();
  // Sends idle workers away where earlier servers left too many.
  void DismissWorkers();
  void ClaimFor(const std::string& worker, const QueuedJob& job);
  void Claimed(const std::string& worker, const QueuedJob& job, absl::StatusOr<Claim> claim);
  // Hands the job over with the newest checkpoint whose bytes are as they were.
  void Verify(const std::string& worker, const Claim& claim);
  void Verified(const std::string& worker, Assignment assignment,
                const std::vector<v1::Artifact>& damaged);
  void Assign(const std::string& worker, Assignment assignment);
  // How the lease of a worker ends whose process is gone.
  LeaseEnd EndOf(const Worker& lost) const;

  void Resume(const WorkerHello& hello, const Link& link, absl::StatusOr<LeaseStanding> standing);
  // A lease that its worker's report ended frees the worker, which may be told of the next job
  // before it has said Done.
  void Ended(const Lease& lease, v1::JobState state);
  // Ends a stream; its worker gets no job until it has dialled again.
  void Close(const Link& link, const absl::Status& status);
  // Ends a lease on disk and frees its worker here; tries again where the disk fails. `then` may be
  // empty.
  void End(const Lease& lease, LeaseEnd end, const std::string& message,
           std::function<void(const absl::StatusOr<EndOutcome>&)> then);
  void Free(const Lease& lease);
  // What this server did not live through (its container was paused, the machine was suspended) is
  // no delay of its workers: they did not either.
  void ForgiveStandstill();
  // The process of an earlier server has ended.
  bool IsGone(const Worker& worker) const;
  void CancelOnDisk(const std::string& name,
                    std::function<absl::StatusOr<JobAnswer>(Connection&)> transition,
                    const JobCallback& done);
  void AskToCancel(Worker& worker);
  void Erase(const std::string& worker);
  void FinishDrain();
  void Later(std::function<void()> task);

  const JobManagerOptions options_;
  Store& store_;
  ArtifactStore& artifacts_;
  Notifier& notifier_;
  WorkerProcesses& processes_;
  Executor& readers_;
  const Clock& clock_;
  Strand strand_;

  // Names of workers: those of an earlier server may still live.
  const std::string worker_prefix_;
  uint64_t workers_started_ = 0;
  Queue queue_;
  WorkerTable workers_;
  // Jobs that are on their way to the disk.
  size_t creating_ = 0;
  bool recovered_ = false;
  bool draining_ = false;
  std::vector<std::function<void()>> drained_;
  // What failed for a reason that may pass, to be done again at this time.
  std::vector<std::function<void()>> retries_;
  Time retry_at_{0};
  // Not before: after failures to claim, and to start a process.
  Time claim_at_{0};
  Time start_at_{0};
  Time last_tick_;
  int failed_starts_ = 0;

  std::atomic<uint32_t> queued_count_{0};
  std::atomic<uint32_t> running_count_{0};
  std::atomic<bool> draining_flag_{false};
};

template <typename T>
void Dispatcher::Transact(std::function<absl::StatusOr<T>(Connection&)> work,
                          std::function<void(absl::StatusOr<T>)> then) {
  auto result = std::make_shared<absl::StatusOr<T>>(absl::UnknownError("not run"));
  store_.Write(
      [work = std::move(work), result](Connection& connection) {
        *result = work(connection);
        return result->status();
      },
      [self = shared_from_this(), result, then = std::move(then)](absl::Status status) {
        if (!status.ok()) *result = std::move(status);
        // `self` goes into the task as well: the strand is a part of it.
        self->strand_.Post([self, result, then] { then(std::move(*result)); });
      });
}

}  // namespace trainyard
