// Restarts, drains and damaged checkpoints.
#include <fstream>

#include "tests/server/jobs/job_manager_fixture.h"

namespace trainyard {
namespace {

using std::chrono::seconds;

// printf d | sha256sum, printf e | sha256sum
constexpr char kHashOfD[] = "18ac3e7343f016890c510e93f935261169d9e3f565436429830faf0934f4f8e4";
constexpr char kHashOfE[] = "3f79bb7b435b05321651daefd374cdc681dc06faa65e374e38337b88ca046dea";

class RecoveryTest : public JobManagerTest {
 protected:
  // Uploads and reports a checkpoint of one byte.
  void Checkpoint(const Running& running, uint64_t first, uint64_t step, const std::string& byte,
                  const std::string& sha256) {
    v1::Artifact artifact;
    artifact.set_name(kCheckpointName);
    artifact.set_sha256(sha256);
    artifact.set_size_bytes(1);
    artifact.set_step(step);
    auto upload = artifacts_->Begin(running.lease, artifact);
    ASSERT_OK(upload.status());
    ASSERT_OK((*upload)->Append(byte));
    ASSERT_OK((*upload)->Finish().status());
    Report(running, first, {ArtifactEvent(artifact)});
  }
};

TEST_F(RecoveryTest, QueuedJobsAreStillQueued) {
  const std::string a = Submit("a"), b = Submit("b");
  Restart();
  EXPECT_EQ(manager_->counts().queued, 2u);
  EXPECT_EQ(DialNewest()->assignments.at(0).lease.job, a);
}

TEST_F(RecoveryTest, ARunningWorkerGoesOnAfterTheServersDeath) {
  const Running running = Start("a");
  Report(running, 1, {ProgressEvent(1), ProgressEvent(2)});
  Restart();
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  EXPECT_EQ(manager_->counts().running, 1u);
  Running again = running;
  again.connection = Dial(running.process, running.lease);
  EXPECT_EQ(again.connection->acknowledged, 2u);
  // It resends what it had no answer for.
  Report(again, 2, {ProgressEvent(2), ProgressEvent(3), StateEvent(v1::SUCCEEDED)});
  EXPECT_EQ(again.connection->acknowledged, 4u);
  Done(again);
  EXPECT_EQ(StateOf(running.job), v1::SUCCEEDED);
  EXPECT_EQ(Get(running.job).attempts(), 1u);
  EXPECT_EQ(Get(running.job).last_sequence(), 6u);
}

TEST_F(RecoveryTest, AJobWhoseWorkerDiedTooGoesOnAtOnce) {
  const Running running = Start("a");
  processes_.alive.clear();
  Restart();
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
  EXPECT_EQ(DialNewest()->assignments.at(0).lease, (Lease{running.job, 2, 2}));
}

TEST_F(RecoveryTest, AJobSurvivesAnyNumberOfOutages) {
  const Running running = Start("a");
  for (int i = 0; i < 20; ++i) {
    processes_.alive.clear();
    Restart();
    ASSERT_EQ(StateOf(running.job), v1::QUEUED) << i;
    DialNewest();
  }
}

TEST_F(RecoveryTest, AnotherProcessWithTheSameIdIsNotTheWorker) {
  const Running running = Start("a");
  processes_.alive.clear();
  Stop();
  Reopen();
  // The row remembers another start time than the process that has the id now.
  processes_.alive.insert(running.process.process_id);
  ASSERT_OK(Write([](Connection& c) { return c.Run("UPDATE leases SET process_start_time = 1"); }));
  Begin();
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
}

TEST_F(RecoveryTest, AWorkerThatDoesNotDialAgainInTimeLosesItsJob) {
  const Running running = Start("a");
  Restart();
  Advance(options_.reconnect_grace - seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::RUNNING);
  Advance(seconds(1));
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
  EXPECT_TRUE(WasKilled(running.process));
}

TEST_F(RecoveryTest, ACancelIsRememberedOverARestart) {
  const Running running = Start("a");
  ASSERT_OK(CancelJobNow(running.job).status());
  Restart();
  const FakeLink again = Dial(running.process, running.lease);
  EXPECT_EQ(again->cancels, std::vector<Lease>{running.lease});
}

TEST_F(RecoveryTest, ACancellingJobOfADeadWorkerIsCancelled) {
  const Running running = Start("a");
  ASSERT_OK(CancelJobNow(running.job).status());
  processes_.alive.clear();
  Restart();
  EXPECT_EQ(StateOf(running.job), v1::CANCELLED);
}

TEST_F(RecoveryTest, AWorkerWhoseEndGotNoAnswerDropsItsLeaseAndIsFree) {
  const Running running = Start("a");
  Report(running, 1, {StateEvent(v1::SUCCEEDED)});
  Restart();
  const FakeLink again = Dial(running.process, running.lease);
  EXPECT_EQ(ReasonOf(*again->closed), "LEASE_LOST");
  const std::string next = Submit("b");
  EXPECT_TRUE(again->assignments.empty());
  const FakeLink free = Dial(running.process);
  ASSERT_EQ(free->assignments.size(), 1u);
  EXPECT_EQ(free->assignments[0].lease, (Lease{next, 1, 1}));
  EXPECT_EQ(Get(running.job).attempts(), 1u);
}

// The line breaks before it hears that its end is on disk, and that there is a next job.
TEST_F(RecoveryTest, AWorkerThatMissedItsNextJobGetsItWhenItIsFree) {
  const Running running = Start("a");
  const std::string next = Submit("b");
  Report(running, 1, {StateEvent(v1::SUCCEEDED)});
  EXPECT_EQ(running.connection->assignments.size(), 2u);
  const FakeLink again = Dial(running.process, running.lease);
  EXPECT_EQ(ReasonOf(*again->closed), "LEASE_LOST");
  EXPECT_TRUE(again->assignments.empty());
  const FakeLink free = Dial(running.process);
  ASSERT_EQ(free->assignments.size(), 1u);
  EXPECT_EQ(free->assignments[0].lease, (Lease{next, 2, 2}));
  EXPECT_EQ(Get(running.job).attempts(), 1u);
}

TEST_F(RecoveryTest, AnIdleWorkerOfAnEarlierServerIsTakenOver) {
  const WorkerProcess process = processes_.started.back();
  Dial(process);
  Restart();
  const FakeLink again = Dial(process);
  const std::string job = Submit("a");
  ASSERT_EQ(again->assignments.size(), 1u);
  EXPECT_EQ(again->assignments[0].lease.job, job);
}

TEST_F(RecoveryTest, TooManyIdleWorkersAreSentAway) {
  std::vector<FakeLink> links;
  for (int i = 0; i < 5; ++i) {
    links.push_back(Dial({absl::StrCat("left-", i), *processes_.alive.insert(50 + i).first, 0}));
  }
  int drained = 0;
  for (const FakeLink& link : links) drained += link->drains;
  // Two cores and one spare; one more is starting here.
  EXPECT_EQ(drained, 3);
  // Those that stay do the work.
  Submit("a"), Submit("b");
  EXPECT_EQ(manager_->counts().running, 2u);
}

TEST_F(RecoveryTest, TheNextAttemptGoesOnFromTheNewestCheckpoint) {
  const Running first = Start("a");
  Checkpoint(first, 1, 10, "d", kHashOfD);
  Checkpoint(first, 2, 20, "e", kHashOfE);
  Die(first.process);
  const FakeLink second = DialNewest();
  ASSERT_EQ(second->assignments.size(), 1u);
  EXPECT_EQ(second->assignments[0].checkpoint->step(), 20u);
  EXPECT_EQ(second->assignments[0].checkpoint->sha256(), kHashOfE);
}

TEST_F(RecoveryTest, CheckpointsAreHashedApartFromDecisions) {
  const Running first = Start("a");
  Checkpoint(first, 1, 10, "d", kHashOfD);
  Die(first.process);
  const WorkerProcess process = processes_.started.back();
  auto second = std::make_shared<FakeConnection>();
  manager_->OnWorkerHello({process.worker, process.process_id, "avx2", {}}, second);
  do {
    store_->Flush();
  } while (executor_.RunAll() > 0);
  EXPECT_EQ(StateOf(first.job), v1::RUNNING);
  EXPECT_TRUE(second->assignments.empty());
  EXPECT_EQ(readers_.RunAll(), 1u);
  Settle();
  EXPECT_EQ(second->assignments.size(), 1u);
}

TEST_F(RecoveryTest, ADamagedCheckpointIsPassedOver) {
  const Running first = Start("a");
  Checkpoint(first, 1, 10, "d", kHashOfD);
  Checkpoint(first, 2, 20, "e", kHashOfE);
  std::ofstream(artifacts_->Path(kHashOfE)) << "X";
  Die(first.process);
  const FakeLink second = DialNewest();
  ASSERT_EQ(second->assignments.size(), 1u);
  EXPECT_EQ(second->assignments[0].checkpoint->step(), 10u);
  const auto slice = jobs_->ReadEvents({.job = first.job, .kinds = {v1::Event::kLog}});
  ASSERT_EQ(slice->events.size(), 1u);
  EXPECT_NE(slice->events[0].log().text().find("step 20 is damaged"), std::string::npos);
}

TEST_F(RecoveryTest, WithoutAnyGoodCheckpointTheJobStartsAgain) {
  const Running first = Start("a");
  Checkpoint(first, 1, 10, "d", kHashOfD);
  std::filesystem::remove(artifacts_->Path(kHashOfD));
  Die(first.process);
  const FakeLink second = DialNewest();
  ASSERT_EQ(second->assignments.size(), 1u);
  EXPECT_FALSE(second->assignments[0].checkpoint);
}

TEST_F(RecoveryTest, ADrainSendsJobsBackToTheQueue) {
  const Running running = Start("a");
  const WorkerProcess starting = processes_.started.back();
  bool drained = false;
  manager_->Drain([&] { drained = true; });
  Settle();
  EXPECT_EQ(running.connection->drains, 1);
  EXPECT_TRUE(manager_->counts().draining);
  EXPECT_EQ(ReasonOf(Create(Request("b")).status()), "DRAINING");
  Done(running, /*preempted=*/true);
  EXPECT_EQ(running.connection->overs, 1);
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
  EXPECT_EQ(running.connection->assignments.size(), 1u);
  EXPECT_FALSE(drained);
  Die(running.process);
  Die(starting);
  EXPECT_TRUE(drained);
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
  EXPECT_EQ(Get(running.job).reason(), "PREEMPTED");
}

TEST_F(RecoveryTest, ADrainEndsThoughAWorkerDoesNotObey) {
  const Running running = Start("a");
  bool drained = false;
  manager_->Drain([&] { drained = true; });
  Settle();
  Advance(options_.stop_grace);
  EXPECT_TRUE(drained);
  EXPECT_EQ(StateOf(running.job), v1::QUEUED);
}

TEST_F(RecoveryTest, ADrainWithoutWorkersEndsAtOnce) {
  Die(processes_.started.back());
  bool drained = false;
  manager_->Drain([&] { drained = true; });
  Settle();
  EXPECT_TRUE(drained);
}

TEST_F(RecoveryTest, AWorkerThatDialsDuringADrainIsSentAway) {
  const Running running = Start("a");
  Disconnect(running);
  manager_->Drain([] {});
  Settle();
  EXPECT_EQ(Dial(running.process, running.lease)->drains, 1);
}

TEST_F(RecoveryTest, AJobIsClaimedAndDrainedAtOnce) {
  DialNewest();
  std::string name;
  manager_->Create(Request("a"), [&](absl::StatusOr<v1::Job> job) {
    name = job->name();
    manager_->Drain([] {});
  });
  Settle();
  EXPECT_EQ(StateOf(name), v1::QUEUED);
}

}  // namespace
}  // namespace trainyard
