#include "server/jobs/transitions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/artifact_references.h"
#include "server/store/datasets_table.h"
#include "server/store/event_log.h"
#include "server/store/job_state.h"
#include "server/store/jobs_table.h"
#include "server/store/leases.h"
#include "server/store/requests.h"
#include "server/store/result_keys.h"

namespace trainyard {
namespace {

constexpr char kModelName[] = "model.safetensors";

JobOutcome OutcomeOf(const JobRow& row) {
  return {row.summary.state(),
          {row.summary.name(),
           row.summary.priority(),
           row.create_time,
           {row.cores, row.memory_bytes},
           row.id},
          row.summary.last_sequence()};
}

absl::StatusOr<JobAnswer> Answer(Connection& connection, const JobRow& row,
                                 const std::string& request_id, const std::string& request_hash,
                                 std::chrono::nanoseconds now) {
  JobAnswer answer{row.summary, OutcomeOf(row), false};
  RETURN_IF_ERROR(FillJob(connection, row.id, answer.job));
  RETURN_IF_ERROR(RememberAnswer(connection, request_id, request_hash, row.id, answer.job, now));
  return answer;
}

absl::StatusOr<JobAnswer> ReusedAnswer(Connection& connection, const JobRow& done,
                                       const NewJob& job, std::chrono::nanoseconds now) {
  JobAnswer answer{done.summary, {}, /*replayed=*/true};
  RETURN_IF_ERROR(FillJob(connection, done.id, answer.job));
  answer.job.set_reused(true);
  RETURN_IF_ERROR(
      RememberAnswer(connection, job.request_id, job.request_hash, done.id, answer.job, now));
  return answer;
}

// The model and specification that a prediction job applies; an error that ends the job where they
// are gone.
absl::Status AddModel(Connection& connection, Assignment& assignment) {
  const std::string& name = assignment.specification.predict().job();
  ASSIGN_OR_RETURN(const JobRow source, FindJob(connection, name));
  v1::Job job = source.summary;
  RETURN_IF_ERROR(FillJob(connection, source.id, job));
  const auto model =
      std::find_if(job.artifacts().begin(), job.artifacts().end(),
                   [](const v1::Artifact& artifact) { return artifact.name() == kModelName; });
  if (model == job.artifacts().end()) return absl::NotFoundError(name + " has no " + kModelName);
  assignment.model = *model;
  assignment.model_specification = job.specification();
  return absl::OkStatus();
}

absl::Status GiveUpLease(Connection& connection, const JobRow& row) {
  RETURN_IF_ERROR(ReleaseLease(connection, row.id));
  return DropUploads(connection, row.id);
}

absl::Status AppendCancel(Connection& connection, JobRow& row, const std::string& reason,
                          const std::string& message, std::chrono::nanoseconds now) {
  if (row.summary.state() == v1::CANCELLING) return absl::OkStatus();
  const v1::JobState next = row.summary.state() == v1::RUNNING ? v1::CANCELLING : v1::CANCELLED;
  return AppendEvents(connection, row, {StateEvent(next, reason, message)}, now);
}

bool MayReport(const v1::Event& event) {
  return !event.has_state() || IsTerminal(event.state().state());
}

}  // namespace

absl::StatusOr<JobAnswer> CreateJob(Connection& connection, const NewJob& job,
                                    const absl::Status& admission,
                                    const std::function<uint64_t()>& random,
                                    std::chrono::nanoseconds now) {
  ASSIGN_OR_RETURN(std::optional<v1::Job> known,
                   FindAnswer(connection, job.request_id, job.request_hash));
  if (known) return JobAnswer{*std::move(known), {}, true};
  if (job.reuse) {
    ASSIGN_OR_RETURN(std::optional<JobRow> done, FindResult(connection, job.result_key));
    if (done.has_value()) return ReusedAnswer(connection, *done, job, now);
  }
  RETURN_IF_ERROR(admission);
  ASSIGN_OR_RETURN(JobRow row,
                   InsertJob(connection, job.specification, job.model, job.priority, now, random));
  row.summary.set_forked_from(job.forked_from);
  RETURN_IF_ERROR(SetResultKey(connection, row.id, job.result_key));
  RETURN_IF_ERROR(HoldDatasets(connection, row.id, job.specification));
  RETURN_IF_ERROR(AppendEvents(connection, row, {StateEvent(v1::QUEUED)}, now));
  return Answer(connection, row, job.request_id, job.request_hash, now);
}

absl::StatusOr<JobAnswer> CancelJob(Connection& connection, const std::string& name,
                                    const std::string& request_id, const std::string& request_hash,
                                    std::chrono::nanoseconds now) {
  ASSIGN_OR_RETURN(std::optional<v1::Job> known, FindAnswer(connection, request_id, request_hash));
  if (known) return JobAnswer{*std::move(known), {}, true};
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, name));
  RETURN_IF_ERROR(AppendCancel(connection, row, "CANCELLED_BY_USER", "", now));
  return Answer(connection, row, request_id, request_hash, now);
}

absl::StatusOr<JobAnswer> StopJob(Connection& connection, const std::string& name,
                                  const std::string& reason, const std::string& message,
                                  std::chrono::nanoseconds now) {
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, name));
  RETURN_IF_ERROR(AppendCancel(connection, row, reason, message, now));
  return Answer(connection, row, /*request_id=*/"", /*request_hash=*/"", now);
}

absl::StatusOr<Claim> ClaimJob(Connection& connection, const std::string& name,
                               const WorkerProcess& process, std::chrono::nanoseconds now) {
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, name));
  if (row.summary.state() != v1::QUEUED) {
    return WithReason(absl::FailedPreconditionError(name + " is no longer queued"), "WRONG_STATE");
  }
  Claim claim;
  Assignment& assignment = claim.assignment.emplace();
  ASSIGN_OR_RETURN(assignment.lease, ClaimLease(connection, row, process));
  v1::Event running = StateEvent(v1::RUNNING);
  running.set_attempt(assignment.lease.attempt);
  row.attempt_checkpoint_step = row.checkpoint_step;
  RETURN_IF_ERROR(AppendEvents(connection, row, {std::move(running)}, now));

  v1::Job job;
  RETURN_IF_ERROR(FillJob(connection, row.id, job));
  assignment.specification = std::move(*job.mutable_specification());
  assignment.threads = row.cores;
  assignment.memory_bytes = row.memory_bytes;
  if (assignment.specification.has_predict()) {
    const absl::Status found = AddModel(connection, assignment);
    if (absl::IsNotFound(found)) {
      RETURN_IF_ERROR(AppendEvents(connection, row,
                                   {StateEvent(v1::FAILED, "MODEL_MISSING", Message(found))}, now));
      RETURN_IF_ERROR(ReleaseLease(connection, row.id));
      claim.assignment.reset();
    } else {
      RETURN_IF_ERROR(found);
    }
  }
  ASSIGN_OR_RETURN(claim.checkpoints, ArtifactsOf(connection, row.id));
  std::erase_if(claim.checkpoints,
                [](const v1::Artifact& artifact) { return artifact.name() != kCheckpointName; });
  claim.outcome = OutcomeOf(row);
  return claim;
}

absl::StatusOr<JobOutcome> ForgetCheckpoints(Connection& connection, const Lease& lease,
                                             const std::vector<v1::Artifact>& damaged,
                                             std::chrono::nanoseconds now) {
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, lease.job));
  RETURN_IF_ERROR(CheckLease(connection, row, lease).status());
  std::vector<v1::Event> events;
  for (const v1::Artifact& checkpoint : damaged) {
    RETURN_IF_ERROR(DropArtifact(connection, row.id, checkpoint));
    events.push_back(
        LogEvent(v1::WARNING, absl::StrCat("the checkpoint of step ", checkpoint.step(),
                                           " is damaged on disk; going on from an earlier one")));
  }
  // What is left decides what counts as progress.
  row.checkpoint_step = 0;
  ASSIGN_OR_RETURN(const std::vector<v1::Artifact> left, ArtifactsOf(connection, row.id));
  for (const v1::Artifact& artifact : left) {
    if (artifact.name() == kCheckpointName)
      row.checkpoint_step = std::max(row.checkpoint_step, artifact.step());
  }
  row.attempt_checkpoint_step = row.checkpoint_step;
  RETURN_IF_ERROR(AppendEvents(connection, row, std::move(events), now));
  return OutcomeOf(row);
}

absl::StatusOr<ReportOutcome> AppendReport(Connection& connection, const Lease& lease,
                                           uint64_t first_sequence, std::vector<v1::Event> events,
                                           std::chrono::nanoseconds now) {
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, lease.job));
  ASSIGN_OR_RETURN(const LeaseRow held, CheckLease(connection, row, lease));
  const uint64_t last = held.last_worker_sequence;
  if (first_sequence == 0 || first_sequence > last + 1) {
    return absl::InvalidArgumentError(absl::StrCat("a report begins with event ", first_sequence,
                                                   " of its lease; ", last + 1, " was expected"));
  }
  const uint64_t repeated = std::min<uint64_t>(last + 1 - first_sequence, events.size());
  events.erase(events.begin(), events.begin() + static_cast<ptrdiff_t>(repeated));
  ReportOutcome report;
  report.last_worker_sequence = last + events.size();
  for (v1::Event& event : events) {
    if (!MayReport(event)) {
      return absl::InvalidArgumentError("a worker may not report the state " +
                                        StateName(event.state().state()));
    }
    event.set_attempt(lease.attempt);
    // Why it was cancelled is known here and not to the worker.
    if (event.state().state() == v1::CANCELLED && event.state().reason().empty()) {
      event.mutable_state()->set_reason(row.summary.reason());
      event.mutable_state()->set_message(row.summary.message());
    }
  }
  if (!events.empty()) {
    RETURN_IF_ERROR(AppendEvents(connection, row, std::move(events), now));
    RETURN_IF_ERROR(SetLastWorkerSequence(connection, row.id, report.last_worker_sequence));
  }
  if (IsTerminal(row.summary.state())) RETURN_IF_ERROR(GiveUpLease(connection, row));
  report.outcome = OutcomeOf(row);
  report.garbage = HasGarbage(connection);
  return report;
}

absl::StatusOr<LeaseStanding> StandingOf(Connection& connection, const Lease& lease) {
  ASSIGN_OR_RETURN(const JobRow row, FindJob(connection, lease.job));
  ASSIGN_OR_RETURN(const std::optional<LeaseRow> newest, FindLease(connection, row));
  if (newest && newest->lease == lease)
    return LeaseStanding{OutcomeOf(row), newest->last_worker_sequence, newest->active};
  return CheckLease(connection, row, lease).status();
}

absl::StatusOr<Unfinished> ReadUnfinished(Connection& connection) {
  Unfinished unfinished;
  ASSIGN_OR_RETURN(const std::vector<JobRow> queued, JobsInState(connection, v1::QUEUED));
  for (const JobRow& row : queued) unfinished.queued.push_back(OutcomeOf(row).queued);
  ASSIGN_OR_RETURN(const std::vector<LeaseRow> leases, ActiveLeases(connection));
  for (const LeaseRow& lease : leases) {
    ASSIGN_OR_RETURN(const JobRow row, FindJob(connection, lease.lease.job));
    unfinished.held.push_back({OutcomeOf(row), lease.lease, lease.process});
  }
  return unfinished;
}

absl::StatusOr<EndOutcome> EndLease(Connection& connection, const Lease& lease, LeaseEnd end,
                                    const std::string& message, uint32_t max_stalled_attempts,
                                    std::chrono::nanoseconds now) {
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, lease.job));
  ASSIGN_OR_RETURN(const std::optional<LeaseRow> newest, FindLease(connection, row));
  EndOutcome result;
  if (newest && newest->lease == lease && !newest->active) {
    result.last_worker_sequence = newest->last_worker_sequence;
    result.outcome = OutcomeOf(row);
    return result;
  }
  RETURN_IF_ERROR(CheckLease(connection, row, lease).status());

  // Done without a terminal event is a worker that went wrong.
  if (end == LeaseEnd::kDone) end = LeaseEnd::kWorkerLost;
  const bool moved_on = row.checkpoint_step > row.attempt_checkpoint_step;
  std::optional<v1::Event> event;
  if (row.summary.state() == v1::CANCELLING) {
    event = StateEvent(v1::CANCELLED, row.summary.reason(), row.summary.message());
  } else if (row.summary.state() == v1::RUNNING && end == LeaseEnd::kPreempted) {
    row.stalled_attempts = 0;
    event = StateEvent(v1::QUEUED, "PREEMPTED", message);
  } else if (row.summary.state() == v1::RUNNING && end == LeaseEnd::kOutage) {
    event = StateEvent(v1::QUEUED, "WORKER_LOST", message);
  } else if (row.summary.state() == v1::RUNNING && end == LeaseEnd::kRefused) {
    event = StateEvent(v1::FAILED, "INTERNAL", message);
  } else if (row.summary.state() == v1::RUNNING) {
    row.stalled_attempts = moved_on ? 0 : row.stalled_attempts + 1;
    const bool give_up = row.stalled_attempts >= max_stalled_attempts;
    event = give_up ? StateEvent(v1::FAILED, "WORKER_LOST",
                                 absl::StrCat(message, "; ", row.stalled_attempts,
                                              " attempts in a row ended without a new checkpoint"))
                    : StateEvent(v1::QUEUED, "WORKER_LOST", message);
  }
  if (event) RETURN_IF_ERROR(AppendEvents(connection, row, {*std::move(event)}, now));
  RETURN_IF_ERROR(GiveUpLease(connection, row));
  result.last_worker_sequence = newest->last_worker_sequence;
  result.outcome = OutcomeOf(row);
  result.ended = true;
  return result;
}

}  // namespace trainyard
