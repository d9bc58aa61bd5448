#include "server/jobs/transitions.h"

#include "server/store/artifact_references.h"
#include "server/store/job_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

constexpr uint32_t kMaxStalled = 3;

class TransitionsTest : public StoreTest {
 protected:
  template <typename T>
  absl::StatusOr<T> Transact(const std::function<absl::StatusOr<T>(Connection&)>& work) {
    absl::StatusOr<T> result = absl::UnknownError("not run");
    const absl::Status status = Write([&](Connection& connection) {
      result = work(connection);
      return result.status();
    });
    if (!status.ok()) return status;
    return result;
  }

  absl::StatusOr<JobAnswer> Create(const NewJob& job,
                                   const absl::Status& admission = absl::OkStatus()) {
    return Transact<JobAnswer>(
        [&](Connection& c) { return CreateJob(c, job, admission, Counter(), clock_.Now()); });
  }
  NewJob Request(const std::string& id, const std::string& hash) {
    NewJob job;
    job.specification = Named("a");
    job.request_id = id;
    job.request_hash = hash;
    return job;
  }
  std::string Queued() { return Create(Request("", ""))->job.name(); }
  absl::StatusOr<JobAnswer> Cancel(const std::string& name, const std::string& id = "",
                                   const std::string& hash = "") {
    return Transact<JobAnswer>(
        [&](Connection& c) { return CancelJob(c, name, id, hash, clock_.Now()); });
  }
  absl::StatusOr<trainyard::Claim> ClaimIt(const std::string& name) {
    return Transact<trainyard::Claim>([&](Connection& c) {
      return ClaimJob(c, name, {"w", 1, 2}, clock_.Now());
    });
  }
  Lease Run(const std::string& name) { return ClaimIt(name)->assignment->lease; }
  absl::StatusOr<ReportOutcome> Report(const Lease& lease, uint64_t first,
                                       std::vector<v1::Event> events) {
    return Transact<ReportOutcome>(
        [&](Connection& c) { return AppendReport(c, lease, first, events, clock_.Now()); });
  }
  absl::StatusOr<EndOutcome> End(const Lease& lease, LeaseEnd end) {
    return Transact<EndOutcome>([&](Connection& c) {
      return EndLease(c, lease, end, "told so", kMaxStalled, clock_.Now());
    });
  }
  // A checkpoint's upload and event.
  void Checkpoint(const Lease& lease, uint64_t first, uint64_t step) {
    v1::Artifact artifact;
    artifact.set_name(kCheckpointName);
    artifact.set_sha256(std::string(63, 'a') + std::to_string(step % 10));
    artifact.set_size_bytes(1);
    artifact.set_step(step);
    ASSERT_OK(Write(
        [&](Connection& c) { return AddUpload(c, Row(lease.job).id, lease.attempt, artifact); }));
    ASSERT_OK(Report(lease, first, {ArtifactEvent(artifact)}).status());
  }
  v1::JobState StateOf(const std::string& name) { return Row(name).summary.state(); }
};

TEST_F(TransitionsTest, ANewJobIsQueuedWithItsFirstEvent) {
  const auto answer = Create(Request("", ""));
  ASSERT_OK(answer.status());
  EXPECT_EQ(answer->job.state(), v1::QUEUED);
  EXPECT_EQ(answer->job.last_sequence(), 1u);
  EXPECT_EQ(answer->job.specification().name(), "a");
  EXPECT_EQ(answer->outcome.queued.need.cores, 1u);
  EXPECT_FALSE(answer->replayed);
}

TEST_F(TransitionsTest, ARepeatedRequestGetsTheStoredAnswer) {
  const auto first = Create(Request("id", "hash"));
  Run(first->job.name());
  // Also where a new job would be refused.
  const auto second = Create(Request("id", "hash"), absl::ResourceExhaustedError("full"));
  ASSERT_OK(second.status());
  EXPECT_TRUE(second->replayed);
  EXPECT_EQ(second->job.SerializeAsString(), first->job.SerializeAsString());
  EXPECT_EQ(JobStore(*store_).ListJobs({})->jobs.size(), 1u);
}

TEST_F(TransitionsTest, ARequestIdWithAnotherBodyIsRefused) {
  ASSERT_OK(Create(Request("id", "hash")).status());
  const auto other = Create(Request("id", "hash 2"));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReasonOf(other.status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(JobStore(*store_).ListJobs({})->jobs.size(), 1u);
}

TEST_F(TransitionsTest, RequestsAreRememberedOverARestart) {
  const auto first = Create(Request("id", "hash"));
  Reopen();
  EXPECT_EQ(Create(Request("id", "hash"))->job.name(), first->job.name());
}

TEST_F(TransitionsTest, AnswersAreForgottenAfterAWeek) {
  ASSERT_OK(Create(Request("old", "hash")).status());
  clock_.Advance(std::chrono::hours(6 * 24));
  ASSERT_OK(Create(Request("middle", "hash")).status());
  EXPECT_TRUE(Create(Request("old", "hash"))->replayed);
  clock_.Advance(std::chrono::hours(2 * 24));
  ASSERT_OK(Create(Request("new", "hash")).status());
  EXPECT_TRUE(Create(Request("middle", "hash"))->replayed);
  EXPECT_FALSE(Create(Request("old", "hash"))->replayed);
}

TEST_F(TransitionsTest, ARefusedJobLeavesNoRequest) {
  EXPECT_EQ(Create(Request("id", "hash"), absl::ResourceExhaustedError("full")).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(Create(Request("id", "hash"))->replayed);
}

TEST_F(TransitionsTest, CancelActsOnTheStateOnDisk) {
  const std::string name = Queued();
  EXPECT_EQ(Cancel(name)->job.state(), v1::CANCELLED);
  EXPECT_EQ(ReasonOf(Cancel(name).status()), "JOB_TERMINAL");
  EXPECT_EQ(MetadataOf(Cancel(name).status()).at("state"), "CANCELLED");

  const std::string running = Queued();
  Run(running);
  EXPECT_EQ(Cancel(running)->job.state(), v1::CANCELLING);
  const uint64_t last = Row(running).summary.last_sequence();
  EXPECT_EQ(Cancel(running)->job.state(), v1::CANCELLING);
  EXPECT_EQ(Row(running).summary.last_sequence(), last);
  EXPECT_EQ(Cancel("jobs/none").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TransitionsTest, ARepeatedCancelGetsTheStoredAnswer) {
  const std::string name = Queued();
  ASSERT_OK(Cancel(name, "id", "hash").status());
  const auto again = Cancel(name, "id", "hash");
  ASSERT_OK(again.status());
  EXPECT_EQ(again->job.state(), v1::CANCELLED);
  EXPECT_EQ(ReasonOf(Cancel(name, "id", "other").status()), "REQUEST_ID_REUSED");
}

TEST_F(TransitionsTest, AttemptAndTokenGrowWithEachClaim) {
  const std::string name = Queued();
  const Lease first = Run(name);
  EXPECT_EQ(first, (Lease{name, 1, 1}));
  EXPECT_EQ(ClaimIt(name).status().code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_OK(End(first, LeaseEnd::kWorkerLost).status());
  EXPECT_EQ(Run(name), (Lease{name, 2, 2}));
}

TEST_F(TransitionsTest, ReportsAreAppendedOnce) {
  const std::string name = Queued();
  const Lease lease = Run(name);
  EXPECT_EQ(Report(lease, 1, {ProgressEvent(1), ProgressEvent(2)})->last_worker_sequence, 2u);
  // Resent with one more.
  EXPECT_EQ(Report(lease, 1, {ProgressEvent(1), ProgressEvent(2), ProgressEvent(3)})
                ->last_worker_sequence,
            3u);
  EXPECT_EQ(Report(lease, 2, {ProgressEvent(2)})->last_worker_sequence, 3u);
  EXPECT_EQ(Row(name).summary.last_sequence(), 2u + 3u);
  EXPECT_EQ(Row(name).summary.progress().step(), 3u);
}

TEST_F(TransitionsTest, AGapInReportsIsRefused) {
  const Lease lease = Run(Queued());
  EXPECT_EQ(Report(lease, 2, {ProgressEvent(1)}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Report(lease, 0, {ProgressEvent(1)}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(TransitionsTest, AStaleTokenReportsNothing) {
  const std::string name = Queued();
  const Lease stale = Run(name);
  ASSERT_OK(End(stale, LeaseEnd::kWorkerLost).status());
  EXPECT_EQ(ReasonOf(Report(stale, 1, {ProgressEvent(1)}).status()), "LEASE_LOST");
  Run(name);
  EXPECT_EQ(ReasonOf(Report(stale, 1, {ProgressEvent(1)}).status()), "LEASE_LOST");
  EXPECT_EQ(ReasonOf(End(stale, LeaseEnd::kDone).status()), "LEASE_LOST");
  EXPECT_EQ(Report({"jobs/none", 1, 1}, 1, {}).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TransitionsTest, SequencesOfANewLeaseStartAtOne) {
  const std::string name = Queued();
  const Lease first = Run(name);
  ASSERT_OK(Report(first, 1, {ProgressEvent(1), ProgressEvent(2)}).status());
  ASSERT_OK(End(first, LeaseEnd::kWorkerLost).status());
  const Lease second = Run(name);
  EXPECT_EQ(Report(second, 1, {ProgressEvent(1)})->last_worker_sequence, 1u);
}

TEST_F(TransitionsTest, AWorkerReportsOnlyTerminalStates) {
  const Lease lease = Run(Queued());
  for (const v1::JobState state :
       {v1::QUEUED, v1::RUNNING, v1::CANCELLING, v1::JOB_STATE_UNSPECIFIED}) {
    EXPECT_EQ(Report(lease, 1, {StateEvent(state)}).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(ReasonOf(Report(lease, 1, {StateEvent(v1::CANCELLED)}).status()), "WRONG_STATE");
  EXPECT_EQ(Report(lease, 1, {StateEvent(v1::SUCCEEDED)})->outcome.state, v1::SUCCEEDED);
}

TEST_F(TransitionsTest, AttemptsOfReportedEventsAreTheServers) {
  const std::string name = Queued();
  const Lease lease = Run(name);
  v1::Event event = ProgressEvent(1);
  event.set_attempt(99);
  event.set_sequence(77);
  ASSERT_OK(Report(lease, 1, {event}).status());
  const auto slice = JobStore(*store_).ReadEvents({.job = name, .after_sequence = 2});
  EXPECT_EQ(slice->events.at(0).attempt(), 1u);
  EXPECT_EQ(slice->events.at(0).sequence(), 3u);
}

TEST_F(TransitionsTest, ATerminalEventEndsTheLease) {
  const std::string name = Queued();
  const Lease lease = Run(name);
  const auto active = [&] {
    return Transact<LeaseStanding>([&](Connection& c) { return StandingOf(c, lease); })->active;
  };
  ASSERT_OK(Report(lease, 1, {ProgressEvent(1)}).status());
  EXPECT_TRUE(active());
  ASSERT_OK(Report(lease, 2, {StateEvent(v1::SUCCEEDED)}).status());
  EXPECT_EQ(StateOf(name), v1::SUCCEEDED);
  EXPECT_FALSE(active());
  // Done changes nothing more.
  const auto done = End(lease, LeaseEnd::kDone);
  ASSERT_OK(done.status());
  EXPECT_FALSE(done->ended);
  EXPECT_EQ(done->last_worker_sequence, 2u);
}

TEST_F(TransitionsTest, DoneWithoutAnEndCountsAsALostWorker) {
  const std::string name = Queued();
  ASSERT_OK(End(Run(name), LeaseEnd::kDone).status());
  EXPECT_EQ(StateOf(name), v1::QUEUED);
  EXPECT_EQ(Row(name).stalled_attempts, 1u);
}

TEST_F(TransitionsTest, APreemptedJobWaitsAgainWithoutBlame) {
  const std::string name = Queued();
  for (uint32_t i = 0; i < 2 * kMaxStalled; ++i) {
    const auto ended = End(Run(name), LeaseEnd::kPreempted);
    EXPECT_EQ(ended->outcome.state, v1::QUEUED);
  }
  EXPECT_EQ(Row(name).summary.reason(), "PREEMPTED");
}

TEST_F(TransitionsTest, TooManyLostWorkersFailTheJob) {
  const std::string name = Queued();
  for (uint32_t i = 1; i < kMaxStalled; ++i)
    EXPECT_EQ(End(Run(name), LeaseEnd::kWorkerLost)->outcome.state, v1::QUEUED);
  EXPECT_EQ(End(Run(name), LeaseEnd::kWorkerLost)->outcome.state, v1::FAILED);
  EXPECT_EQ(Row(name).summary.reason(), "WORKER_LOST");
}

TEST_F(TransitionsTest, ANewCheckpointIsProgress) {
  const std::string name = Queued();
  for (uint32_t i = 1; i <= 3 * kMaxStalled; ++i) {
    const Lease lease = Run(name);
    if (i % 2 == 0) Checkpoint(lease, 1, i);
    EXPECT_EQ(End(lease, LeaseEnd::kWorkerLost)->outcome.state, v1::QUEUED) << i;
  }
}

TEST_F(TransitionsTest, AnOutageIsHeldAgainstNoJob) {
  const std::string name = Queued();
  for (uint32_t i = 1; i <= 3 * kMaxStalled; ++i)
    EXPECT_EQ(End(Run(name), LeaseEnd::kOutage)->outcome.state, v1::QUEUED) << i;
  for (uint32_t i = 1; i < kMaxStalled; ++i)
    EXPECT_EQ(End(Run(name), LeaseEnd::kWorkerLost)->outcome.state, v1::QUEUED) << i;
  EXPECT_EQ(End(Run(name), LeaseEnd::kWorkerLost)->outcome.state, v1::FAILED);
}

TEST_F(TransitionsTest, ReachingAnOldCheckpointAgainIsNone) {
  const std::string name = Queued();
  const Lease first = Run(name);
  Checkpoint(first, 1, 10);
  ASSERT_OK(End(first, LeaseEnd::kWorkerLost).status());
  for (uint32_t i = 1; i < kMaxStalled; ++i) {
    const Lease lease = Run(name);
    Checkpoint(lease, 1, 10);
    EXPECT_EQ(End(lease, LeaseEnd::kWorkerLost)->outcome.state, v1::QUEUED);
  }
  EXPECT_EQ(End(Run(name), LeaseEnd::kWorkerLost)->outcome.state, v1::FAILED);
}

TEST_F(TransitionsTest, ACancellingJobWithoutWorkerIsCancelled) {
  for (const LeaseEnd end : {LeaseEnd::kWorkerLost, LeaseEnd::kOutage, LeaseEnd::kPreempted,
                             LeaseEnd::kDone, LeaseEnd::kRefused}) {
    const std::string name = Queued();
    const Lease lease = Run(name);
    ASSERT_OK(Cancel(name).status());
    EXPECT_EQ(End(lease, end)->outcome.state, v1::CANCELLED);
    EXPECT_EQ(Row(name).summary.reason(), "CANCELLED_BY_USER");
  }
}

TEST_F(TransitionsTest, AnEndThatCameBeforeTheCancelStands) {
  const std::string name = Queued();
  const Lease lease = Run(name);
  ASSERT_OK(Cancel(name).status());
  EXPECT_EQ(Report(lease, 1, {StateEvent(v1::SUCCEEDED)})->outcome.state, v1::SUCCEEDED);
}

TEST_F(TransitionsTest, ACancelledReportKeepsTheReason) {
  const std::string name = Queued();
  const Lease lease = Run(name);
  ASSERT_OK(Cancel(name).status());
  ASSERT_OK(Report(lease, 1, {StateEvent(v1::CANCELLED)}).status());
  EXPECT_EQ(Row(name).summary.reason(), "CANCELLED_BY_USER");
}

TEST_F(TransitionsTest, RefusedReportsFailTheJob) {
  const std::string name = Queued();
  EXPECT_EQ(End(Run(name), LeaseEnd::kRefused)->outcome.state, v1::FAILED);
  EXPECT_EQ(Row(name).summary.reason(), "INTERNAL");
}

TEST_F(TransitionsTest, AClaimGivesCheckpointsNewestFirst) {
  const std::string name = Queued();
  const Lease lease = Run(name);
  for (uint64_t step = 1; step <= 3; ++step) Checkpoint(lease, step, step);
  ASSERT_OK(End(lease, LeaseEnd::kPreempted).status());
  const auto claim = ClaimIt(name);
  ASSERT_EQ(claim->checkpoints.size(), 2u);  // kept by default
  EXPECT_EQ(claim->checkpoints[0].step(), 3u);
  EXPECT_EQ(claim->checkpoints[1].step(), 2u);
}

TEST_F(TransitionsTest, DamagedCheckpointsAreForgotten) {
  const std::string name = Queued();
  const Lease first = Run(name);
  for (uint64_t step = 1; step <= 3; ++step) Checkpoint(first, step, step);
  ASSERT_OK(End(first, LeaseEnd::kPreempted).status());
  const auto claim = ClaimIt(name);
  ASSERT_OK(Transact<JobOutcome>([&](Connection& c) {
              return ForgetCheckpoints(c, claim->assignment->lease, {claim->checkpoints[0]},
                                       clock_.Now());
            }).status());
  EXPECT_EQ(Row(name).checkpoint_step, 2u);
  ASSERT_OK(End(claim->assignment->lease, LeaseEnd::kPreempted).status());
  EXPECT_EQ(ClaimIt(name)->checkpoints.size(), 1u);
}

TEST_F(TransitionsTest, APredictionGetsTheModelOfItsJob) {
  const std::string source = Queued();
  const Lease lease = Run(source);
  v1::Artifact model;
  model.set_name("model.safetensors");
  model.set_sha256(std::string(64, 'b'));
  ASSERT_OK(Write([&](Connection& c) { return AddUpload(c, Row(source).id, 1, model); }));
  ASSERT_OK(Report(lease, 1, {ArtifactEvent(model), StateEvent(v1::SUCCEEDED)}).status());

  NewJob prediction = Request("", "");
  prediction.specification.mutable_predict()->set_job(source);
  const auto claim = ClaimIt(Create(prediction)->job.name());
  ASSERT_OK(claim.status());
  EXPECT_EQ(claim->assignment->model->sha256(), model.sha256());
  EXPECT_EQ(claim->assignment->model_specification->name(), "a");
}

TEST_F(TransitionsTest, APredictionWithoutModelFails) {
  NewJob prediction = Request("", "");
  prediction.specification.mutable_predict()->set_job("jobs/none");
  const std::string name = Create(prediction)->job.name();
  const auto claim = ClaimIt(name);
  ASSERT_OK(claim.status());
  EXPECT_FALSE(claim->assignment);
  EXPECT_EQ(StateOf(name), v1::FAILED);
  EXPECT_EQ(Row(name).summary.reason(), "MODEL_MISSING");
}

TEST_F(TransitionsTest, AReDialLearnsHowFarItsReportsAre) {
  const std::string name = Queued();
  const Lease lease = Run(name);
  ASSERT_OK(Report(lease, 1, {ProgressEvent(1), ProgressEvent(2)}).status());
  const auto standing = [&] {
    return Transact<LeaseStanding>([&](Connection& c) { return StandingOf(c, lease); });
  };
  EXPECT_TRUE(standing()->active);
  EXPECT_EQ(standing()->last_worker_sequence, 2u);
  ASSERT_OK(End(lease, LeaseEnd::kWorkerLost).status());
  EXPECT_FALSE(standing()->active);
  Run(name);
  EXPECT_EQ(ReasonOf(standing().status()), "LEASE_LOST");
}

TEST_F(TransitionsTest, UnfinishedJobsAreFoundAfterARestart) {
  const std::string queued = Queued(), running = Queued(), ended = Queued();
  const Lease lease = Run(running);
  ASSERT_OK(End(Run(ended), LeaseEnd::kRefused).status());
  Reopen();
  const auto unfinished = Transact<Unfinished>([](Connection& c) { return ReadUnfinished(c); });
  ASSERT_EQ(unfinished->queued.size(), 1u);
  EXPECT_EQ(unfinished->queued[0].name, queued);
  ASSERT_EQ(unfinished->held.size(), 1u);
  EXPECT_EQ(unfinished->held[0].lease, lease);
  EXPECT_EQ(unfinished->held[0].process.process_id, 1);
  EXPECT_EQ(unfinished->held[0].process.start_time, 2u);
}

}  // namespace
}  // namespace trainyard
