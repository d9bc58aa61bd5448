// What may happen to a job, each as one transaction: these functions read the job's state, decide,
// and append what follows. JobManager runs them on the writer's thread; the state on disk decides,
// not what a caller believes. All of them are to be called within a transaction that is given up
// when they fail.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/jobs/queue.h"
#include "server/jobs/worker_pool.h"
#include "server/store/database.h"
#include "server/store/lease.h"
#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

struct NewJob {
  // Valid, with defaults filled in.
  v1::Specification specification;
  v1::ModelSummary model;
  int32_t priority = 0;
  // Optional. `request_hash` is that of the whole request body.
  std::string request_id;
  std::string request_hash;
  // "jobs/..." that it was made from; may be empty.
  std::string forked_from;
  // See ResultKey; empty: nothing may take its result for its own.
  std::string result_key;
  // A job with the same key that has succeeded is the answer.
  bool reuse = false;
};

// What JobManager needs to know of a job after a transaction.
struct JobOutcome {
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  // As it stands in the queue.
  QueuedJob queued;
  uint64_t last_sequence = 0;
};

struct JobAnswer {
  // With specification.
  v1::Job job;
  JobOutcome outcome;
  // The stored answer of an earlier request, or a job that did the same before: nothing was done.
  bool replayed = false;
};

// -> QUEUED. A known request_id gets its stored answer, whatever `admission` says; otherwise an
// `admission` that is not OK is returned. ALREADY_EXISTS REQUEST_ID_REUSED.
absl::StatusOr<JobAnswer> CreateJob(Connection& connection, const NewJob& job,
                                    const absl::Status& admission,
                                    const std::function<uint64_t()>& random,
                                    std::chrono::nanoseconds now);

// QUEUED -> CANCELLED, RUNNING -> CANCELLING; CANCELLING stays. FAILED_PRECONDITION JOB_TERMINAL.
absl::StatusOr<JobAnswer> CancelJob(Connection& connection, const std::string& name,
                                    const std::string& request_id, const std::string& request_hash,
                                    std::chrono::nanoseconds now);

// The same for a reason of the server's own, see StateChanged.
absl::StatusOr<JobAnswer> StopJob(Connection& connection, const std::string& name,
                                  const std::string& reason, const std::string& message,
                                  std::chrono::nanoseconds now);

struct Claim {
  JobOutcome outcome;
  // Absent where the job could not start and FAILED.
  std::optional<Assignment> assignment;
  // Newest first.
  std::vector<v1::Artifact> checkpoints;
};

// QUEUED -> RUNNING under a new lease. FAILED_PRECONDITION where it is no longer queued.
absl::StatusOr<Claim> ClaimJob(Connection& connection, const std::string& name,
                               const WorkerProcess& process, std::chrono::nanoseconds now);

// Notes that stored checkpoints turned out to be damaged, and forgets them.
absl::StatusOr<JobOutcome> ForgetCheckpoints(Connection& connection, const Lease& lease,
                                             const std::vector<v1::Artifact>& damaged,
                                             std::chrono::nanoseconds now);

struct ReportOutcome {
  JobOutcome outcome;
  uint64_t last_worker_sequence = 0;
  // Files lost a reference.
  bool garbage = false;
};

// Appends what is new of a worker's events (those that are on disk already are left out). A
// terminal event ends the lease. FAILED_PRECONDITION LEASE_LOST. INVALID_ARGUMENT,
// FAILED_PRECONDITION: the worker made a mistake; a gap before the first event, a state that it may
// not report or that cannot follow.
absl::StatusOr<ReportOutcome> AppendReport(Connection& connection, const Lease& lease,
                                           uint64_t first_sequence, std::vector<v1::Event> events,
                                           std::chrono::nanoseconds now);

struct LeaseStanding {
  JobOutcome outcome;
  uint64_t last_worker_sequence = 0;
  // False where the lease is over.
  bool active = false;
};

// What a worker that dials again is to be told. FAILED_PRECONDITION LEASE_LOST where a newer lease
// holds the job.
absl::StatusOr<LeaseStanding> StandingOf(Connection& connection, const Lease& lease);

struct Unfinished {
  std::vector<QueuedJob> queued;
  struct Held {
    JobOutcome outcome;
    Lease lease;
    WorkerProcess process;
  };
  // By leases that are not over; the job may have ended already.
  std::vector<Held> held;
};

// What an earlier server left.
absl::StatusOr<Unfinished> ReadUnfinished(Connection& connection);

enum class LeaseEnd {
  // Done: its terminal event is in the log.
  kDone,
  // Done{preempted}, or stopped by a draining server: back to the queue.
  kPreempted,
  // The worker is gone: back to the queue, or FAILED WORKER_LOST after too many attempts without
  // progress.
  kWorkerLost,
  // The worker ended while no server ran, as both do when a machine goes down: back to the queue,
  // and
  // nothing is held against the job.
  kOutage,
  // The worker reported what makes no sense: FAILED INTERNAL.
  kRefused,
};

struct EndOutcome {
  JobOutcome outcome;
  uint64_t last_worker_sequence = 0;
  // This call changed something; false: the lease was over already.
  bool ended = false;
};

// Ends a lease. CANCELLING becomes CANCELLED whatever the end; a terminal state stays.
// FAILED_PRECONDITION LEASE_LOST where a newer lease holds the job.
absl::StatusOr<EndOutcome> EndLease(Connection& connection, const Lease& lease, LeaseEnd end,
                                    const std::string& message, uint32_t max_stalled_attempts,
                                    std::chrono::nanoseconds now);

}  // namespace trainyard
