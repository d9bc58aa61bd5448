// Workers that are killed, servers that go and come back: the log goes on where it was.
#include <signal.h>

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/worker_service.grpc.pb.h"

namespace trainyard {
namespace {

class RecoveryTest : public DaemonFixture {
 protected:
  RecoveryTest() { StartDaemon(); }

  static auto Step(uint64_t step) {
    return [step](const v1::WatchJobResponse& frame) { return IsStep(frame, step); };
  }
  static void ExpectNoGaps(const std::vector<v1::WatchJobResponse>& frames) {
    for (size_t i = 0; i + 1 < frames.size(); ++i) ASSERT_EQ(frames[i].event().sequence(), i + 1);
  }
  // Times that each step's metrics are in the log.
  static std::map<uint64_t, int> Steps(const std::vector<v1::WatchJobResponse>& frames) {
    std::map<uint64_t, int> steps;
    for (const v1::WatchJobResponse& frame : frames) {
      if (frame.event().has_metrics()) ++steps[frame.event().metrics().step()];
    }
    return steps;
  }
  // The model that an undisturbed run of `steps` leaves.
  void ExpectModel(const std::string& job, const std::string& expected) {
    grpc::ClientContext context;
    v1::DownloadArtifactRequest request;
    request.set_job(job);
    request.set_artifact("model.safetensors");
    const auto reader = artifacts_->DownloadArtifact(&context, request);
    v1::DownloadArtifactResponse response;
    std::string bytes;
    while (reader->Read(&response)) bytes += response.chunk();
    EXPECT_TRUE(reader->Finish().ok());
    EXPECT_EQ(bytes, expected);
  }
  void SignalWorkers(int signal) {
    for (const pid_t process : WorkerProcesses()) kill(process, signal);
  }
  void KillWorkers() { SignalWorkers(SIGKILL); }
};

TEST_F(RecoveryTest, AJobOutlivesItsServerWithoutASecondAttempt) {
  const std::string job = Submit("long", 3000);
  Watch(job, Step(100));
  StopDaemon();
  StartDaemon();
  const auto frames = Watch(job);
  ExpectNoGaps(frames);
  EXPECT_EQ(frames.back().end().state(), v1::SUCCEEDED);
  // Every step once: what was not acked was sent again, what was acked was not.
  const std::map<uint64_t, int> steps = Steps(frames);
  EXPECT_EQ(steps.size(), 3000u);
  EXPECT_TRUE(
      std::all_of(steps.begin(), steps.end(), [](const auto& step) { return step.second == 1; }));
  EXPECT_EQ(Get(job).attempts(), 1u);
  ExpectModel(job, "model of 3000 steps");
}

TEST_F(RecoveryTest, AHeldJobIsFoundAgainByItsWorker) {
  const std::string job = Submit("hold", 20);
  Watch(job, Step(20));
  StopDaemon();
  StartDaemon();
  grpc::ClientContext context;
  v1::CancelJobRequest request;
  request.set_name(job);
  v1::Job cancelled;
  ASSERT_TRUE(jobs_->CancelJob(&context, request, &cancelled).ok());
  EXPECT_EQ(Watch(job).back().end().state(), v1::CANCELLED);
  EXPECT_EQ(Get(job).attempts(), 1u);
}

TEST_F(RecoveryTest, AKilledWorkersJobGoesOnFromItsCheckpoint) {
  const std::string job = Submit("hold", 25);
  Watch(job, Step(25));
  KillWorkers();
  const auto frames = Watch(job, [](const v1::WatchJobResponse& frame) {
    return IsStep(frame, 25) && frame.event().attempt() > 1;
  });
  ExpectNoGaps(frames);
  uint64_t start = 0;
  for (const v1::WatchJobResponse& frame : frames) {
    if (frame.event().has_attempt_started()) start = frame.event().attempt_started().start_step();
  }
  EXPECT_EQ(start, 20u);
}

TEST_F(RecoveryTest, AStoppedWorkersJobGoesOnInAnother) {
  StopDaemon();
  options_.jobs.heartbeat_grace = std::chrono::seconds(3);
  StartDaemon();
  const std::string job = Submit("hold", 25);
  Watch(job, Step(25));
  SignalWorkers(SIGSTOP);
  Watch(job, [](const v1::WatchJobResponse& frame) {
    return frame.event().has_attempt_started() && frame.event().attempt() > 1;
  });
  EXPECT_GT(Get(job).attempts(), 1u);
}

TEST_F(RecoveryTest, AJobThatKillsEveryWorkerFails) {
  const std::string job = Submit("crash", 9);
  const v1::WatchJobResponse end = Watch(job).back();
  EXPECT_EQ(end.end().state(), v1::FAILED);
  EXPECT_EQ(end.end().reason(), "WORKER_LOST");
  EXPECT_EQ(Get(job).attempts(), 5u);
  // The next job finds a worker.
  EXPECT_EQ(Watch(Submit("short", 3)).back().end().state(), v1::SUCCEEDED);
}

TEST_F(RecoveryTest, BothKilledTheJobGoesOn) {
  const std::string job = Submit("hold", 15);
  Watch(job, Step(15));
  StopDaemon();
  KillWorkers();
  StartDaemon();
  const auto frames = Watch(job, [](const v1::WatchJobResponse& frame) {
    return IsStep(frame, 15) && frame.event().attempt() > 1;
  });
  ExpectNoGaps(frames);
}

TEST_F(RecoveryTest, ADrainPutsJobsBackAndTheNextServerGoesOn) {
  const std::string job = Submit("hold", 15);
  Watch(job, Step(15));
  EXPECT_TRUE(daemon_->Drain(std::chrono::seconds(30)));
  EXPECT_EQ(Get(job).state(), v1::QUEUED);
  EXPECT_TRUE(WorkerProcesses().empty());
  // New ones are refused meanwhile.
  grpc::ClientContext context;
  v1::Job refused;
  const grpc::Status status = jobs_->CreateJob(&context, Request("late", 1), &refused);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_GT(DetailsOf(status).retry.retry_delay().seconds() +
                DetailsOf(status).retry.retry_delay().nanos(),
            0);
  StopDaemon();
  StartDaemon();
  const auto frames = Watch(job, [](const v1::WatchJobResponse& frame) {
    return frame.event().has_attempt_started() && frame.event().attempt() == 2;
  });
  ExpectNoGaps(frames);
  EXPECT_EQ(frames.back().event().attempt_started().start_step(), 15u);
}

TEST_F(RecoveryTest, ManyShortJobsShareFewWorkers) {
  std::vector<std::string> jobs;
  for (int i = 0; i < 40; ++i) jobs.push_back(Submit("short", 2));
  for (const std::string& job : jobs) EXPECT_EQ(Watch(job).back().end().state(), v1::SUCCEEDED);
  EXPECT_LE(WorkerProcesses().size(), 6u);
}

TEST_F(RecoveryTest, AStrangerMayNotWork) {
  const auto channel = grpc::CreateChannel("unix:" + folder_ + "/data/run/worker.sock",
                                           grpc::InsecureChannelCredentials());
  const auto stub = v1::WorkerService::NewStub(channel);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer guessed-secret-guessed");
  const auto stream = stub->Work(&context);
  v1::WorkResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace trainyard
