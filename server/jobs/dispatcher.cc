#include "server/jobs/dispatcher.h"

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/job_state.h"
#include "server/store/names.h"

namespace trainyard {
namespace {

constexpr std::chrono::nanoseconds kRetryAfter = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kFirstStartDelay = std::chrono::milliseconds(100);
constexpr int kMaxStartDoublings = 8;

JobManagerOptions Complete(JobManagerOptions options) {
  if (!options.random) options.random = KernelRandom;
  return options;
}

}  // namespace

Dispatcher::Dispatcher(JobManagerOptions options, Store& store, ArtifactStore& artifacts,
                       Notifier& notifier, WorkerProcesses& processes, Executor& executor,
                       Executor& readers, const Clock& clock)
    : options_(Complete(std::move(options))),
      store_(store),
      artifacts_(artifacts),
      notifier_(notifier),
      processes_(processes),
      readers_(readers),
      clock_(clock),
      strand_(executor),
      worker_prefix_(
          absl::StrCat("worker-", absl::Hex(options_.random() & 0xffffffff, absl::kZeroPad8), "-")),
      queue_(options_.capacity, options_.backfill_window),
      last_tick_(Now()) {}

JobCounts Dispatcher::counts() const { return {queued_count_, running_count_, draining_flag_}; }

void Dispatcher::Publish(const JobOutcome& outcome) {
  notifier_.Publish(outcome.queued.name, outcome.last_sequence);
}

absl::Status Dispatcher::Recover() {
  auto unfinished = std::make_shared<Unfinished>();
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(*unfinished, ReadUnfinished(connection));
    return absl::OkStatus();
  }));
  strand_.Post([self = shared_from_this(), unfinished] {
    for (const QueuedJob& job : unfinished->queued) self->queue_.Add(job);
    for (const Unfinished::Held& held : unfinished->held) {
      Worker& worker = self->workers_.Add(held.process.worker);
      worker.process = held.process;
      worker.inherited = true;
      worker.phase = Worker::Phase::kBusy;
      worker.lease = held.lease;
      worker.cancel = held.outcome.state == v1::CANCELLING;
      worker.booked = held.outcome.queued.need;
      self->queue_.Take(*worker.booked);
      worker.deadline = self->Now() + self->options_.reconnect_grace;
    }
    spdlog::info("recovered queued={} held={}", unfinished->queued.size(), unfinished->held.size());
    self->recovered_ = true;
    self->artifacts_.CollectGarbage({});
    // Sends the jobs of dead workers on.
    self->Tick();
  });
  return absl::OkStatus();
}

absl::Status Dispatcher::Admission(const NewJob& job, size_t count) const {
  if (draining_) {
    return WithReason(
        absl::UnavailableError("the server is stopping; submit again when it is back"), "DRAINING");
  }
  if (job.specification.resources().cores() > options_.capacity.cores) {
    return WithReason(absl::InvalidArgumentError(
                          absl::StrCat("resources.cores: ", job.specification.resources().cores(),
                                       " asked for; this server has ", options_.capacity.cores)),
                      "INVALID_SPECIFICATION", {{"field", "resources.cores"}});
  }
  const uint64_t asked = job.specification.resources().memory_bytes();
  const uint64_t memory = asked != 0 ? asked : job.model.memory_bytes();
  if (memory > options_.capacity.memory_bytes) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat(
                          "resources.memory_bytes: ", memory,
                          asked != 0 ? " asked for" : " needed by the model and its data",
                          "; this server gives ", options_.capacity.memory_bytes, " at most")),
                      "INVALID_SPECIFICATION", {{"field", "resources.memory_bytes"}});
  }
  if (queue_.size() + creating_ + count > options_.max_queued_jobs) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat(
                          "the queue is full: ", options_.max_queued_jobs, " jobs wait")),
                      "QUEUE_FULL", {{"limit", absl::StrCat(options_.max_queued_jobs)}});
  }
  return store_.CheckDisk();
}

void Dispatcher::Create(NewJob job, const JobCallback& done) {
  const absl::Status admission = Admission(job, /*count=*/1);
  ++creating_;
  auto shared = std::make_shared<const NewJob>(std::move(job));
  Transact<JobAnswer>(
      [shared, admission, random = options_.random, now = clock_.Now()](Connection& connection) {
        return CreateJob(connection, *shared, admission, random, now);
      },
      [this, done](absl::StatusOr<JobAnswer> answer) {
        --creating_;
        if (!answer.ok()) return done(answer.status());
        if (!answer->replayed) {
          Publish(answer->outcome);
          queue_.Add(answer->outcome.queued);
          Schedule();
        }
        done(std::move(answer->job));
      });
}

void Dispatcher::CreateAll(std::vector<NewJob> jobs, const WithinCreation& within,
                           const std::function<void(absl::Status)>& done) {
  for (const NewJob& job : jobs) {
    const absl::Status admission = Admission(job, jobs.size());
    if (!admission.ok()) return done(admission);
  }
  creating_ += jobs.size();
  auto shared = std::make_shared<const std::vector<NewJob>>(std::move(jobs));
  using Outcomes = std::vector<JobOutcome>;
  Transact<Outcomes>(
      [shared, within, random = options_.random,
       now = clock_.Now()](Connection& connection) -> absl::StatusOr<Outcomes> {
        Outcomes outcomes;
        std::vector<std::string> names;
        for (const NewJob& job : *shared) {
          ASSIGN_OR_RETURN(JobAnswer answer,
                           CreateJob(connection, job, absl::OkStatus(), random, now));
          names.push_back(answer.job.name());
          outcomes.push_back(std::move(answer.outcome));
        }
        RETURN_IF_ERROR(within(connection, names));
        return outcomes;
      },
      [this, shared, done](const absl::StatusOr<Outcomes>& outcomes) {
        creating_ -= shared->size();
        if (!outcomes.ok()) return done(outcomes.status());
        for (const JobOutcome& outcome : *outcomes) {
          Publish(outcome);
          queue_.Add(outcome.queued);
        }
        Schedule();
        done(absl::OkStatus());
      });
}

void Dispatcher::Cancel(const std::string& name, const std::string& request_id,
                        const std::string& request_hash, const JobCallback& done) {
  CancelOnDisk(
      name,
      [=, now = clock_.Now()](Connection& connection) {
        return CancelJob(connection, name, request_id, request_hash, now);
      },
      done);
}

void Dispatcher::Stop(const std::string& name, const std::string& reason,
                      const std::string& message, const JobCallback& done) {
  CancelOnDisk(
      name,
      [=, now = clock_.Now()](Connection& connection) {
        return StopJob(connection, name, reason, message, now);
      },
      done);
}

void Dispatcher::CancelOnDisk(const std::string& name,
                              std::function<absl::StatusOr<JobAnswer>(Connection&)> transition,
                              const JobCallback& done) {
  Transact<JobAnswer>(std::move(transition), [this, name, done](absl::StatusOr<JobAnswer> answer) {
    if (!answer.ok()) return done(answer.status());
    if (!answer->replayed) {
      Publish(answer->outcome);
      queue_.Remove(name);
      if (Worker* worker = workers_.Holding(name); worker != nullptr) AskToCancel(*worker);
      Schedule();
    }
    done(std::move(answer->job));
  });
}

void Dispatcher::AskToCancel(Worker& worker) {
  worker.cancel = true;
  if (worker.connection != nullptr) worker.connection->Cancel(worker.lease);
  const Time limit = Now() + options_.stop_grace;
  worker.deadline = worker.deadline ? std::min(*worker.deadline, limit) : limit;
}

void Dispatcher::Schedule() {
  if (recovered_ && !draining_) {
    while (Now() >= claim_at_) {
      const std::optional<QueuedJob> job = queue_.Next(Now());
      Worker* worker = workers_.Idle();
      if (!job || worker == nullptr) break;
      ClaimFor(worker->process.worker, *job);
    }
    StartWorkers();
    DismissWorkers();
  }
  queued_count_ = static_cast<uint32_t>(queue_.size());
  running_count_ = static_cast<uint32_t>(workers_.Holding());
}

void Dispatcher::StartWorkers() {
  const size_t spare = static_cast<size_t>(std::max(0, options_.idle_workers));
  // The free cores bound how many of the waiting can start.
  const size_t wanted = std::max(spare, std::min<size_t>(queue_.size(), queue_.free().cores));
  while (workers_.Unoccupied() < wanted && workers_.Staying() < MostWorkers() &&
         Now() >= start_at_) {
    const std::string name = absl::StrCat(worker_prefix_, ++workers_started_);
    absl::StatusOr<WorkerProcess> process = processes_.Start(name);
    if (!process.ok()) {
      spdlog::error("cannot start a worker: {}", Message(process.status()));
      start_at_ = Now() + kFirstStartDelay * (1 << std::min(++failed_starts_, kMaxStartDoublings));
      return;
    }
    Worker& worker = workers_.Add(name);
    worker.process = *std::move(process);
    worker.process.worker = name;
    worker.child = true;
    worker.deadline = Now() + options_.reconnect_grace;
  }
}

size_t Dispatcher::MostWorkers() const {
  return options_.capacity.cores + static_cast<size_t>(std::max(0, options_.idle_workers));
}

void Dispatcher::DismissWorkers() {
  while (workers_.Staying() > MostWorkers()) {
    Worker* worker = workers_.Idle();
    if (worker == nullptr) return;
    worker->phase = Worker::Phase::kLeaving;
    worker->deadline = Now() + options_.stop_grace;
    worker->connection->Drain();
  }
}

void Dispatcher::ClaimFor(const std::string& name, const QueuedJob& job) {
  Worker& worker = *workers_.Find(name);
  worker.phase = Worker::Phase::kClaiming;
  worker.booked = job.need;
  queue_.Remove(job.name);
  queue_.Take(job.need);
  Transact<Claim>(
      [job = job.name, process = worker.process, now = clock_.Now()](Connection& connection) {
        return ClaimJob(connection, job, process, now);
      },
      [this, name, job](absl::StatusOr<Claim> claim) { Claimed(name, job, std::move(claim)); });
}

void Dispatcher::Claimed(const std::string& name, const QueuedJob& job,
                         absl::StatusOr<Claim> claim) {
  // A worker stays in the table while it claims.
  Worker& worker = *workers_.Find(name);
  if (claim.ok()) Publish(claim->outcome);
  if (claim.ok() && claim->assignment) {
    worker.phase = Worker::Phase::kBusy;
    worker.lease = claim->assignment->lease;
    if (worker.gone || draining_) {
      const LeaseEnd end = draining_ ? LeaseEnd::kPreempted : LeaseEnd::kWorkerLost;
      End(worker.lease, end, draining_ ? "the server stopped" : "its worker ended", {});
    } else {
      Verify(name, *claim);
    }
  } else {
    // Cancelled meanwhile (nothing to do), failed on the way (told above), or the disk failed.
    if (!claim.ok() && !absl::IsFailedPrecondition(claim.status())) {
      spdlog::error("cannot claim job={}: {}", job.name, Message(claim.status()));
      queue_.Add(job);
      claim_at_ = Now() + kRetryAfter;
    }
    queue_.Give(*worker.booked);
    worker.booked.reset();
    worker.phase = Worker::Phase::kIdle;
    if (worker.gone) Erase(name);
  }
  Schedule();
}

void Dispatcher::Verify(const std::string& name, const Claim& claim) {
  if (claim.checkpoints.empty()) return Assign(name, *claim.assignment);
  readers_.Post([self = shared_from_this(), name, claim] {
    Assignment assignment = *claim.assignment;
    std::vector<v1::Artifact> damaged;
    for (const v1::Artifact& checkpoint : claim.checkpoints) {
      const absl::Status found = self->artifacts_.Open(checkpoint.sha256()).status();
      if (absl::IsDataLoss(found) || absl::IsNotFound(found)) {
        damaged.push_back(checkpoint);
        continue;
      }
      assignment.checkpoint = checkpoint;
      break;
    }
    self->strand_.Post(
        [self, name, assignment, damaged] { self->Verified(name, assignment, damaged); });
  });
}

void Dispatcher::Verified(const std::string& name, Assignment assignment,
                          const std::vector<v1::Artifact>& damaged) {
  if (damaged.empty()) return Assign(name, std::move(assignment));
  spdlog::warn("damaged checkpoints job={} count={}", assignment.lease.job, damaged.size());
  Transact<JobOutcome>(
      [lease = assignment.lease, damaged, now = clock_.Now()](Connection& connection) {
        return ForgetCheckpoints(connection, lease, damaged, now);
      },
      [this, name, assignment](absl::StatusOr<JobOutcome> outcome) {
        if (outcome.ok()) Publish(*outcome);
        Assign(name, assignment);
      });
}

void Dispatcher::Assign(const std::string& name, Assignment assignment) {
  Worker* worker = workers_.Find(name);
  // Lost, or not connected, since the claim: whoever noticed has settled the lease or will.
  if (worker == nullptr || worker->lease != assignment.lease || worker->connection == nullptr)
    return;
  assignment.threads = queue_.Clamp({assignment.threads, 0}).cores;
  spdlog::info("assigned job={} attempt={} worker={} checkpoint_step={}", assignment.lease.job,
               assignment.lease.attempt, name,
               assignment.checkpoint ? assignment.checkpoint->step() : 0);
  worker->connection->Assign(assignment);
  // The wish may have come before the worker knew the lease.
  if (worker->cancel) worker->connection->Cancel(worker->lease);
  if (draining_) worker->connection->Drain();
}

}  // namespace trainyard
