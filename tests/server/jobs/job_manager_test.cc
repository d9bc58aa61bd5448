#include "server/jobs/job_manager.h"

#include "tests/server/jobs/job_manager_fixture.h"

namespace trainyard {
namespace {

using std::chrono::seconds;

TEST_F(JobManagerTest, KeepsOneWarmWorker) {
  EXPECT_EQ(processes_.starts, 1);
  DialNewest();
  EXPECT_EQ(processes_.starts, 1);
}

TEST_F(JobManagerTest, GivesAJobToTheWarmWorkerAndStartsAnother) {
  const Running running = Start("a");
  EXPECT_EQ(running.lease, (Lease{running.job, 1, 1}));
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  const Assignment& assignment = running.connection->assignments.at(0);
  EXPECT_EQ(assignment.specification.name(), "a");
  EXPECT_EQ(assignment.threads, 1u);
  EXPECT_FALSE(assignment.checkpoint);
  EXPECT_EQ(processes_.starts, 2);
  EXPECT_EQ(manager_->counts().running, 1u);
}

TEST_F(JobManagerTest, AJobWaitsForAWorkerToDial) {
  const std::string job = Submit("a");
  EXPECT_EQ(StateOf(job), v1::QUEUED);
  EXPECT_EQ(manager_->counts().queued, 1u);
  EXPECT_EQ(DialNewest()->assignments.size(), 1u);
  EXPECT_EQ(StateOf(job), v1::RUNNING);
}

TEST_F(JobManagerTest, AWorkerTakesJobAfterJob) {
  const Running first = Start("a");
  const std::string second = Submit("b"), third = Submit("c");
  EXPECT_EQ(StateOf(second), v1::QUEUED);
  Report(first, 1, {ProgressEvent(1), StateEvent(v1::SUCCEEDED)});
  EXPECT_EQ(first.connection->acknowledged, 2u);
  EXPECT_EQ(first.connection->overs, 1);
  EXPECT_EQ(StateOf(first.job), v1::SUCCEEDED);
  ASSERT_EQ(first.connection->assignments.size(), 2u);
  EXPECT_EQ(first.connection->assignments[1].lease.job, second);
  // Said before it heard of that.
  Done(first);
  EXPECT_EQ(StateOf(second), v1::RUNNING);
  EXPECT_EQ(first.connection->assignments.size(), 2u);
  EXPECT_EQ(StateOf(third), v1::QUEUED);
}

TEST_F(JobManagerTest, CoresBoundWhatRuns) {
  const FakeLink a = DialNewest();
  Submit("one"), Submit("two"), Submit("three");
  const FakeLink b = DialNewest();
  const FakeLink c = DialNewest();
  EXPECT_EQ(a->assignments.size() + b->assignments.size() + c->assignments.size(), 2u);
  EXPECT_EQ(manager_->counts().queued, 1u);
  // Never more workers than cores and the spare one.
  EXPECT_LE(processes_.starts, 3);
}

TEST_F(JobManagerTest, ManyJobsStartManyWorkers) {
  Submit("one"), Submit("two");
  EXPECT_EQ(processes_.starts, 2);
}

TEST_F(JobManagerTest, ARepeatedRequestMakesNoSecondJob) {
  NewJob request = Request("a");
  request.request_id = "id";
  request.request_hash = "hash";
  const auto first = Create(request), second = Create(request);
  EXPECT_EQ(first->name(), second->name());
  EXPECT_EQ(manager_->counts().queued, 1u);
  request.request_hash = "other";
  EXPECT_EQ(Create(request).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(JobManagerTest, AFullQueueRefusesNewJobsAndAnswersOldOnes) {
  Stop();
  options_.max_queued_jobs = 2;
  Reopen();
  Begin();
  NewJob request = Request("a");
  request.request_id = "id";
  const auto first = Create(request);
  Submit("b");
  const auto third = Create(Request("c"));
  EXPECT_EQ(third.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(third.status()), "QUEUE_FULL");
  EXPECT_EQ(Create(request)->name(), first->name());
  ASSERT_OK(CancelJobNow(first->name()).status());
  EXPECT_OK(Create(Request("c")).status());
}

TEST_F(JobManagerTest, JobsOnTheirWayToTheDiskCountAsQueued) {
  Stop();
  options_.max_queued_jobs = 3;
  Reopen();
  Begin();
  int made = 0, refused = 0;
  for (int i = 0; i < 5; ++i) {
    manager_->Create(Request("a"),
                     [&](absl::StatusOr<v1::Job> job) { ++(job.ok() ? made : refused); });
  }
  Settle();
  EXPECT_EQ(made, 3);
  EXPECT_EQ(refused, 2);
}

TEST_F(JobManagerTest, AnAlmostFullDiskRefusesNewJobs) {
  free_bytes_ = 1;
  const auto job = Create(Request("a"));
  EXPECT_EQ(job.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(job.status()), "DISK_FULL");
}

TEST_F(JobManagerTest, MoreThanTheMachineHasIsRefused) {
  EXPECT_EQ(Create(Request("a", 3)).status().code(), absl::StatusCode::kInvalidArgument);
  NewJob job = Request("a");
  job.specification.mutable_resources()->set_memory_bytes(uint64_t{9} << 30);
  EXPECT_EQ(Create(job).status().code(), absl::StatusCode::kInvalidArgument);
  job = Request("a");
  job.model.set_memory_bytes(uint64_t{9} << 30);
  EXPECT_EQ(Create(job).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(JobManagerTest, AQueuedJobIsCancelledAtOnce) {
  const std::string job = Submit("a");
  EXPECT_EQ(CancelJobNow(job)->state(), v1::CANCELLED);
  EXPECT_EQ(manager_->counts().queued, 0u);
  EXPECT_TRUE(DialNewest()->assignments.empty());
  EXPECT_EQ(ReasonOf(CancelJobNow(job).status()), "JOB_TERMINAL");
}

TEST_F(JobManagerTest, ARunningJobIsCancelledByItsWorker) {
  const Running running = Start("a");
  EXPECT_EQ(CancelJobNow(running.job)->state(), v1::CANCELLING);
  EXPECT_EQ(running.connection->cancels, std::vector<Lease>{running.lease});
  Report(running, 1, {StateEvent(v1::CANCELLED)});
  Done(running);
  EXPECT_EQ(StateOf(running.job), v1::CANCELLED);
  // The worker is free again, and in no one's way.
  Submit("b");
  EXPECT_EQ(running.connection->assignments.size(), 2u);
  Advance(options_.stop_grace * 2);
  EXPECT_FALSE(WasKilled(running.process));
}

TEST_F(JobManagerTest, AStoppedJobKeepsTheReason) {
  const Running running = Start("a");
  const std::string queued = Submit("b", /*cores=*/2);
  const auto stop = [&](const std::string& job, const char* reason) {
    absl::Status status;
    manager_->Stop(job, reason, "for good",
                   [&](const absl::StatusOr<v1::Job>& answer) { status = answer.status(); });
    Settle();
    return status;
  };
  ASSERT_OK(stop(queued, "STOPPED_EARLY"));
  EXPECT_EQ(StateOf(queued), v1::CANCELLED);
  ASSERT_OK(stop(running.job, "STOPPED_EARLY"));
  ASSERT_OK(stop(running.job, "LATER"));  // the first one counts
  Report(running, 1, {StateEvent(v1::CANCELLED)});
  for (const std::string& job : {queued, running.job}) {
    EXPECT_EQ(Get(job).reason(), "STOPPED_EARLY");
    EXPECT_EQ(Get(job).message(), "for good");
  }
  EXPECT_EQ(ReasonOf(stop(queued, "LATER")), "JOB_TERMINAL");
}

TEST_F(JobManagerTest, AWorkerThatWasToldToStopGetsNoJobAnyMore) {
  const Running running = Start("a");
  Done(running, /*preempted=*/true);
  EXPECT_EQ(running.connection->overs, 1);
  EXPECT_EQ(running.connection->assignments.size(), 1u);
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
  EXPECT_EQ(Get(running.job).message(), "its worker was told to stop");
  // It is as little in the way of the next attempt as a dead one, also where its line breaks.
  Disconnect(running);
  EXPECT_EQ(ReasonOf(*Dial(running.process, running.lease)->closed), "LEASE_LOST");
  const FakeLink leaving = Dial(running.process);
  EXPECT_EQ(leaving->drains, 1);
  EXPECT_TRUE(leaving->assignments.empty());
  const FakeLink next = DialNewest();
  ASSERT_EQ(next->assignments.size(), 1u);
  EXPECT_EQ(next->assignments[0].lease, (Lease{running.job, 2, 2}));
  Advance(options_.stop_grace);
  EXPECT_TRUE(WasKilled(running.process));
}

TEST_F(JobManagerTest, AWorkerThatDoesNotObeyIsKilled) {
  const Running running = Start("a");
  ASSERT_OK(CancelJobNow(running.job).status());
  Advance(options_.stop_grace - seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::CANCELLING);
  Advance(seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::CANCELLED);
  EXPECT_TRUE(WasKilled(running.process));
}

TEST_F(JobManagerTest, ACancelDuringTheClaimReachesTheWorker) {
  const FakeLink connection = DialNewest();
  std::string name;
  manager_->Create(Request("a"), [&](absl::StatusOr<v1::Job> job) {
    name = job->name();
    manager_->Cancel(name, "", "", [](absl::StatusOr<v1::Job>) {});
  });
  Settle();
  // Either it was cancelled before it was claimed, or its worker was told.
  if (StateOf(name) != v1::CANCELLED) {
    EXPECT_EQ(StateOf(name), v1::CANCELLING);
    ASSERT_EQ(connection->assignments.size(), 1u);
    EXPECT_EQ(connection->cancels.back(), connection->assignments[0].lease);
  }
  // The capacity is not lost in either case.
  EXPECT_LE(manager_->counts().running, 1u);
}

TEST_F(JobManagerTest, ALostWorkerSendsItsJobToTheNextAttempt) {
  const Running first = Start("a");
  Die(first.process);
  EXPECT_EQ(StateOf(first.job), v1::QUEUED);
  EXPECT_EQ(Get(first.job).reason(), "WORKER_LOST");
  EXPECT_EQ(Get(first.job).message(), "its worker ended: signal 9 (Killed)");
  const FakeLink second = DialNewest();
  ASSERT_EQ(second->assignments.size(), 1u);
  EXPECT_EQ(second->assignments[0].lease, (Lease{first.job, 2, 2}));
  EXPECT_EQ(Get(first.job).attempts(), 2u);
}

TEST_F(JobManagerTest, FiveLostWorkersInARowFailTheJob) {
  const std::string job = Submit("a");
  for (int attempt = 1; attempt <= 5; ++attempt) {
    EXPECT_EQ(StateOf(job), v1::QUEUED) << attempt;
    Advance(seconds(5));
    const WorkerProcess process = processes_.started.back();
    ASSERT_EQ(Dial(process)->assignments.size(), 1u) << attempt;
    Die(process);
  }
  EXPECT_EQ(StateOf(job), v1::FAILED);
  EXPECT_EQ(Get(job).reason(), "WORKER_LOST");
  EXPECT_EQ(manager_->counts().running, 0u);
}

TEST_F(JobManagerTest, AWorkerThatGivesNoSignOfLifeLosesItsJob) {
  const Running running = Start("a");
  Advance(options_.heartbeat_grace * 2);
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  frozen_.insert(running.process.worker);
  Advance(options_.heartbeat_grace - seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  Advance(seconds(1));
  EXPECT_TRUE(WasKilled(running.process));
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
  EXPECT_EQ(Get(running.job).message(), "its worker ended: it gave no sign of life and was killed");
  EXPECT_EQ(DialNewest()->assignments.at(0).lease, (Lease{running.job, 2, 2}));
}

TEST_F(JobManagerTest, AnIdleWorkerThatGivesNoSignOfLifeIsReplaced) {
  const WorkerProcess process = processes_.started.back();
  DialNewest();
  frozen_.insert(process.worker);
  Advance(options_.heartbeat_grace);
  EXPECT_TRUE(WasKilled(process));
  EXPECT_NE(processes_.started.back().worker, process.worker);
}

TEST_F(JobManagerTest, AfterAStandstillWorkersGetTheTimeThatTheyHad) {
  const Running running = Start("a");
  Advance(seconds(10));
  Pause(std::chrono::hours(1));
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  frozen_.insert(running.process.worker);
  Advance(options_.heartbeat_grace - seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  Advance(seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
}

TEST_F(JobManagerTest, AStandstillIsNoTimeToDial) {
  const Running running = Start("a");
  Disconnect(running);
  Pause(options_.reconnect_grace * 2);
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  Advance(options_.reconnect_grace);
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
}

TEST_F(JobManagerTest, ABrokenStreamIsWaitedFor) {
  const Running running = Start("a");
  Report(running, 1, {ProgressEvent(1), ProgressEvent(2)});
  Disconnect(running);
  Advance(options_.reconnect_grace - seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  const FakeLink again = Dial(running.process, running.lease);
  EXPECT_EQ(again->acknowledged, 2u);
  EXPECT_FALSE(again->closed);
  Advance(options_.reconnect_grace * 2);
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
}

TEST_F(JobManagerTest, AWorkerThatDoesNotComeBackIsKilled) {
  const Running running = Start("a");
  Disconnect(running);
  Advance(options_.reconnect_grace);
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
  EXPECT_TRUE(WasKilled(running.process));
}

TEST_F(JobManagerTest, HowAWorkerEndedIsSaidThoughItsStreamBreaksFirst) {
  const Running running = Start("a");
  processes_.alive.erase(running.process.process_id);
  Disconnect(running);
  manager_->Tick();
  Settle();
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  Die(running.process);
  EXPECT_EQ(Get(running.job).message(), "its worker ended: signal 9 (Killed)");
}

TEST_F(JobManagerTest, ABrokenStreamOfAnEarlierServersDeadWorkerIsNotWaitedFor) {
  Running running = Start("a");
  Restart();
  running.connection = Dial(running.process, running.lease);
  processes_.alive.erase(running.process.process_id);
  Disconnect(running);
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
}

TEST_F(JobManagerTest, TheEndOfAnOldStreamDoesNotHarmTheNewOne) {
  const Running running = Start("a");
  const FakeLink again = Dial(running.process, running.lease);
  EXPECT_TRUE(running.connection->closed);
  Disconnect(running);
  Advance(options_.reconnect_grace * 2);
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
}

TEST_F(JobManagerTest, AStaleLeaseIsTurnedAway) {
  const Running first = Start("a");
  Die(first.process);
  const FakeLink second = DialNewest();
  ASSERT_EQ(second->assignments.size(), 1u);
  // The first was not dead after all.
  processes_.alive.insert(first.process.process_id);
  Report(first, 1, {ProgressEvent(1)});
  EXPECT_EQ(ReasonOf(*first.connection->closed), "LEASE_LOST");
  const FakeLink back = Dial(first.process, first.lease);
  EXPECT_EQ(ReasonOf(*back->closed), "LEASE_LOST");
  EXPECT_EQ(Get(first.job).last_sequence(), 4u);  // QUEUED, RUNNING, QUEUED, RUNNING
}

TEST_F(JobManagerTest, AReportThatMakesNoSenseFailsItsJob) {
  const Running running = Start("a");
  Report(running, 1, {StateEvent(v1::RUNNING)});
  EXPECT_EQ(StateOf(running.job), v1::FAILED);
  EXPECT_EQ(Get(running.job).reason(), "INTERNAL");
  EXPECT_EQ(ReasonOf(*running.connection->closed), "LEASE_LOST");
  EXPECT_EQ(manager_->counts().running, 0u);
}

TEST_F(JobManagerTest, AJobIsNotGivenToAStreamThatIsBeingClosed) {
  const Running running = Start("a");
  const std::string next = Submit("b");
  Report(running, 1, {StateEvent(v1::RUNNING)});
  EXPECT_EQ(ReasonOf(*running.connection->closed), "LEASE_LOST");
  EXPECT_EQ(running.connection->assignments.size(), 1u);
  const FakeLink again = Dial(running.process);
  ASSERT_EQ(again->assignments.size(), 1u);
  EXPECT_EQ(again->assignments[0].lease, (Lease{next, 1, 1}));
}

TEST_F(JobManagerTest, AWorkerThatForgotItsJobLosesIt) {
  const Running running = Start("a");
  Disconnect(running);
  const FakeLink again = Dial(running.process);
  // The job goes on as attempt 2, here or elsewhere.
  EXPECT_EQ(Get(running.job).attempts(), 2u);
  EXPECT_EQ(again->assignments.size(), 1u);
}

TEST_F(JobManagerTest, WatchersAreWokenByEveryChange) {
  const Running running = Start("a");
  int woken = 0;
  notifier_->Watch(running.job, 2, [&] { ++woken; });
  Settle();
  EXPECT_EQ(woken, 0);
  Report(running, 1, {ProgressEvent(1)});
  EXPECT_EQ(woken, 1);
}

TEST_F(JobManagerTest, FailedStartsAreTriedAgainLater) {
  processes_.refuse = true;
  Die(processes_.started.back());
  Advance(seconds(2));
  const int starts = processes_.starts;
  manager_->Tick();
  Settle();
  EXPECT_EQ(processes_.starts, starts);
  processes_.refuse = false;
  Advance(seconds(60));
  EXPECT_GT(processes_.starts, starts);
  const std::string job = Submit("a");
  DialNewest();
  EXPECT_EQ(StateOf(job), v1::RUNNING);
}

TEST_F(JobManagerTest, AWorkerThatNeverDialsIsReplaced) {
  const WorkerProcess silent = processes_.started.back();
  Advance(options_.reconnect_grace);
  EXPECT_TRUE(WasKilled(silent));
  Advance(seconds(2));
  EXPECT_NE(processes_.started.back().worker, silent.worker);
}

}  // namespace
}  // namespace trainyard
