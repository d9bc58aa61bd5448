// The side of the Dispatcher that listens to workers.
#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/jobs/dispatcher.h"
#include "server/store/job_state.h"

namespace trainyard {
namespace {

constexpr std::chrono::nanoseconds kRetryAfter = std::chrono::seconds(1);
// Between two ticks: not lateness any more.
constexpr std::chrono::nanoseconds kStandstill = std::chrono::seconds(5);

constexpr char kGone[] = "its process is gone";
constexpr char kKilled[] = "it did not answer in time and was killed";
constexpr char kSilent[] = "it gave no sign of life and was killed";

bool IsLeaseLost(const absl::Status& status) {
  return ReasonOf(status) == "LEASE_LOST" || absl::IsNotFound(status);
}

absl::Status LeaseLost(const std::string& message) {
  return WithReason(absl::FailedPreconditionError(message), "LEASE_LOST");
}

// An error that a worker's own words caused, and that would come again with every repeat.
bool IsMistake(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsFailedPrecondition(status);
}

}  // namespace

void Dispatcher::Hello(const WorkerHello& hello, const Link& link) {
  absl::StatusOr<uint64_t> start_time = processes_.StartTime(hello.process_id);
  if (!start_time.ok()) return link->Close(start_time.status());
  Worker* worker = workers_.Find(hello.worker);
  // Of an earlier server on this data folder.
  if (worker == nullptr) {
    worker = &workers_.Add(hello.worker);
    worker->phase = Worker::Phase::kIdle;
  }
  worker->process = {hello.worker, hello.process_id, *start_time};
  if (worker->connection != nullptr && worker->connection != link) {
    worker->connection->Close(absl::UnavailableError("the worker dialled again"));
  }
  worker->connection = link;
  worker->ready = hello.lease.job.empty();
  worker->last_heard = Now();
  worker->inherited = false;
  if (worker->phase == Worker::Phase::kStarting) worker->phase = Worker::Phase::kIdle;
  const bool leaving = worker->phase == Worker::Phase::kLeaving;
  if (!worker->cancel && !draining_ && !leaving) worker->deadline.reset();
  failed_starts_ = 0;

  if (!worker->ready) {
    Transact<LeaseStanding>(
        [lease = hello.lease](Connection& connection) { return StandingOf(connection, lease); },
        [this, hello, link](absl::StatusOr<LeaseStanding> standing) {
          Resume(hello, link, std::move(standing));
        });
    return;
  }
  if (worker->phase == Worker::Phase::kBusy) {
    // It never got the job, or has dropped it.
    End(worker->lease, LeaseEnd::kWorkerLost, "its worker came back without it", {});
  }
  if (draining_ || leaving) link->Drain();
  Schedule();
}

void Dispatcher::Close(const Link& link, const absl::Status& status) {
  if (Worker* worker = workers_.At(link); worker != nullptr) worker->ready = false;
  link->Close(status);
}

void Dispatcher::Resume(const WorkerHello& hello, const Link& link,
                        absl::StatusOr<LeaseStanding> standing) {
  Worker* worker = workers_.Find(hello.worker);
  if (worker == nullptr || worker->connection != link) return;
  if (!standing.ok()) {
    // It drops the job and dials again without it.
    return link->Close(IsLeaseLost(standing.status()) ? LeaseLost(Message(standing.status()))
                                                      : standing.status());
  }
  // The same for one whose end was not told: nobody knows whether it has stopped, and it is free
  // for the next job when it dials again.
  if (!standing->active) return link->Close(LeaseLost("the lease is over"));
  if (worker->phase == Worker::Phase::kBusy && worker->lease != hello.lease) {
    return link->Close(LeaseLost("this worker holds another job"));
  }
  worker->ready = true;
  if (worker->phase != Worker::Phase::kBusy) {
    worker->phase = Worker::Phase::kBusy;
    worker->lease = hello.lease;
    worker->booked = standing->outcome.queued.need;
    queue_.Take(*worker->booked);
  }
  spdlog::info("worker resumed worker={} job={} attempt={} last_sequence={}", hello.worker,
               hello.lease.job, hello.lease.attempt, standing->last_worker_sequence);
  link->Ack(hello.lease, standing->last_worker_sequence, /*over=*/false);
  if (standing->outcome.state == v1::CANCELLING) AskToCancel(*worker);
  if (draining_) link->Drain();
  Schedule();
}

void Dispatcher::Report(const Link& link, const Lease& lease, uint64_t first_sequence,
                        std::vector<v1::Event> events) {
  auto shared = std::make_shared<std::vector<v1::Event>>(std::move(events));
  Transact<ReportOutcome>(
      [lease, first_sequence, shared, now = clock_.Now()](Connection& connection) {
        return AppendReport(connection, lease, first_sequence, std::move(*shared), now);
      },
      [this, link, lease](absl::StatusOr<ReportOutcome> report) {
        if (report.ok()) {
          Publish(report->outcome);
          const bool over = IsTerminal(report->outcome.state);
          link->Ack(lease, report->last_worker_sequence, over);
          if (over) Ended(lease, report->outcome.state);
          if (report->garbage) artifacts_.CollectGarbage({});
          return;
        }
        const absl::Status& status = report.status();
        if (IsLeaseLost(status)) return Close(link, LeaseLost(Message(status)));
        if (!IsMistake(status)) return Close(link, absl::UnavailableError(Message(status)));
        spdlog::error("refused a report job={} attempt={}: {}", lease.job, lease.attempt,
                      Message(status));
        End(lease, LeaseEnd::kRefused,
            "its worker reported what makes no sense: " + Message(status),
            [this, link](const absl::StatusOr<EndOutcome>&) {
              Close(link, LeaseLost("its report was refused"));
            });
      });
}

void Dispatcher::Ended(const Lease& lease, v1::JobState state) {
  spdlog::info("lease over job={} attempt={} state={}", lease.job, lease.attempt, StateName(state));
  Free(lease);
  Schedule();
  FinishDrain();
}

void Dispatcher::Done(const Link& link, const Lease& lease, bool preempted) {
  // Preempted but not by this server: the worker itself was told to go.
  Worker* worker = workers_.At(link);
  if (preempted && !draining_ && worker != nullptr) worker->leaving = true;
  End(lease, preempted ? LeaseEnd::kPreempted : LeaseEnd::kDone,
      !preempted  ? "its worker was done without a result"
      : draining_ ? "the server stopped"
                  : "its worker was told to stop",
      [this, link, lease](const absl::StatusOr<EndOutcome>& ended) {
        if (!ended.ok()) return Close(link, LeaseLost(Message(ended.status())));
        link->Ack(lease, ended->last_worker_sequence, /*over=*/true);
      });
}

void Dispatcher::End(const Lease& lease, LeaseEnd end, const std::string& message,
                     std::function<void(const absl::StatusOr<EndOutcome>&)> then) {
  Transact<EndOutcome>(
      [=, most = options_.max_stalled_attempts, now = clock_.Now()](Connection& connection) {
        return EndLease(connection, lease, end, message, most, now);
      },
      [=, this](absl::StatusOr<EndOutcome> ended) {
        if (!ended.ok() && !IsLeaseLost(ended.status())) {
          spdlog::error("cannot end the lease of job={}: {}", lease.job, Message(ended.status()));
          return Later([=, this] { End(lease, end, message, then); });
        }
        if (ended.ok() && ended->ended) {
          spdlog::info("lease over job={} attempt={} state={}: {}", lease.job, lease.attempt,
                       StateName(ended->outcome.state), message);
          Publish(ended->outcome);
          if (ended->outcome.state == v1::QUEUED) queue_.Add(ended->outcome.queued);
        }
        Free(lease);
        if (then) then(ended);
        Schedule();
        FinishDrain();
      });
}

void Dispatcher::Free(const Lease& lease) {
  Worker* worker = workers_.Holding(lease.job);
  if (worker == nullptr || worker->lease != lease) return;
  if (worker->booked) queue_.Give(*worker->booked);
  worker->booked.reset();
  worker->lease = {};
  worker->cancel = false;
  worker->phase = worker->leaving ? Worker::Phase::kLeaving : Worker::Phase::kIdle;
  if (worker->leaving) {
    worker->deadline = Now() + options_.stop_grace;
  } else if (worker->connection != nullptr && !draining_) {
    worker->deadline.reset();
  }
  if (worker->gone) Erase(std::string(worker->process.worker));
}

void Dispatcher::Heartbeat(const Link& link) {
  if (Worker* worker = workers_.At(link); worker != nullptr) worker->last_heard = Now();
}

void Dispatcher::Disconnected(const std::string& name, const Link& link) {
  Worker* worker = workers_.Find(name);
  if (worker == nullptr || worker->connection != link) return;
  worker->connection = nullptr;
  const Time limit = Now() + options_.reconnect_grace;
  worker->deadline = worker->deadline ? std::min(*worker->deadline, limit) : limit;
  if (IsGone(*worker)) Exited(name, kGone);
}

bool Dispatcher::IsGone(const Worker& worker) const {
  return !worker.child && worker.connection == nullptr && !processes_.IsAlive(worker.process);
}

void Dispatcher::Exited(const std::string& name, const std::string& how) {
  Worker* worker = workers_.Find(name);
  if (worker == nullptr || worker->gone) return;
  worker->gone = true;
  worker->connection = nullptr;
  worker->deadline.reset();
  switch (worker->phase) {
    case Worker::Phase::kStarting:
      // It never said Hello: not at once again.
      start_at_ = std::max(start_at_, Now() + kRetryAfter);
      Erase(name);
      break;
    case Worker::Phase::kIdle:
    case Worker::Phase::kLeaving:
      Erase(name);
      break;
    case Worker::Phase::kClaiming:
      break;
    case Worker::Phase::kBusy:
      spdlog::warn("worker ended worker={} job={} attempt={}: {}", name, worker->lease.job,
                   worker->lease.attempt, how);
      End(worker->lease, EndOf(*worker), "its worker ended: " + how, {});
      break;
  }
  Schedule();
  FinishDrain();
}

LeaseEnd Dispatcher::EndOf(const Worker& lost) const {
  if (draining_) return LeaseEnd::kPreempted;
  return lost.inherited ? LeaseEnd::kOutage : LeaseEnd::kWorkerLost;
}

void Dispatcher::Erase(const std::string& name) { workers_.Erase(name); }

void Dispatcher::ForgiveStandstill() {
  const Time now = Now();
  const Time standstill = now - std::exchange(last_tick_, now);
  if (standstill < kStandstill) return;
  for (auto& [name, worker] : workers_.all()) {
    worker.last_heard += standstill;
    if (worker.deadline) *worker.deadline += standstill;
  }
}

void Dispatcher::Tick() {
  ForgiveStandstill();
  std::vector<std::pair<std::string, const char*>> ended;
  for (auto& [name, worker] : workers_.all()) {
    if (worker.gone) continue;
    const bool late = worker.deadline && Now() >= *worker.deadline;
    const bool silent =
        worker.connection != nullptr && Now() - worker.last_heard >= options_.heartbeat_grace;
    if (late || silent) {
      spdlog::warn("worker does not answer: killed worker={} job={}", name, worker.lease.job);
      processes_.Kill(worker.process);
      ended.emplace_back(name, silent ? kSilent : kKilled);
    } else if (IsGone(worker)) {
      ended.emplace_back(name, kGone);
    }
  }
  for (const auto& [name, how] : ended) Exited(name, how);
  if (!retries_.empty() && Now() >= retry_at_) {
    for (auto& retry : std::exchange(retries_, {})) retry();
  }
  Schedule();
  FinishDrain();
}

void Dispatcher::Later(std::function<void()> task) {
  retries_.push_back(std::move(task));
  retry_at_ = Now() + kRetryAfter;
}

void Dispatcher::Drain(std::function<void()> done) {
  drained_.push_back(std::move(done));
  if (!draining_) {
    draining_ = true;
    draining_flag_ = true;
    for (auto& [name, worker] : workers_.all()) {
      // One that has not dialled has nothing to save.
      if (worker.phase == Worker::Phase::kStarting) processes_.Kill(worker.process);
      if (worker.connection != nullptr) worker.connection->Drain();
      const Time limit = Now() + options_.stop_grace;
      worker.deadline = worker.deadline ? std::min(*worker.deadline, limit) : limit;
    }
  }
  FinishDrain();
}

void Dispatcher::FinishDrain() {
  if (!draining_ || workers_.size() != 0 || creating_ != 0) return;
  for (auto& done : std::exchange(drained_, {})) done();
}

}  // namespace trainyard
