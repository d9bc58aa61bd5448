#include "client/lib/watch.h"

#include <grpcpp/support/status_code_enum.h>

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace trainyard::client {
namespace {

using std::chrono::milliseconds;

class Recorder : public WatchHandler {
 public:
  bool OnEvent(const v1::Event& event) override {
    sequences.push_back(event.sequence());
    return sequences.size() != stop_after;
  }
  void OnFrame(const v1::WatchJobResponse&) override { ++frames; }
  void OnHeartbeat(const v1::WatchJobResponse::Heartbeat&) override {
    if (on_heartbeat) on_heartbeat();
  }
  void OnLost(const absl::Status&) override { ++lost; }
  void OnResumed() override { ++resumed; }

  std::vector<uint64_t> sequences;
  size_t stop_after = 0;
  int frames = 0;
  int lost = 0;
  int resumed = 0;
  std::function<void()> on_heartbeat;
};

class WatchTest : public testing::Test {
 protected:
  WatchTest() {
    FakeJob& job = server_.AddJob("a");
    for (int i = 1; i <= 9; ++i)
      job.AddProgress(static_cast<uint64_t>(i), 9, i / 9.0, 1.0 / i, 0.5);
    options_.job = "jobs/a";
  }

  absl::StatusOr<WatchOutcome> Watch() {
    return WatchJob(client_, options_, recorder_, interrupt_);
  }

  FakeServer server_;
  Client client_{server_.settings(), {milliseconds(1000), milliseconds(2000)}};
  WatchOptions options_;
  Recorder recorder_;
  Interrupt interrupt_;
};

class EndedWatchTest : public WatchTest {
 protected:
  EndedWatchTest() {
    FakeJob job;
    for (int i = 1; i <= 9; ++i)
      job.AddProgress(static_cast<uint64_t>(i), 9, i / 9.0, 1.0 / i, 0.5);
    job.End(v1::SUCCEEDED);
    FakeJob& stored = server_.AddJob("ended");
    stored.log = job.log;
    stored.ended = true;
    stored.job.set_state(v1::SUCCEEDED);
    options_.job = "jobs/ended";
  }
};

TEST_F(EndedWatchTest, SeesTheWholeLogAndItsEnd) {
  const auto outcome = Watch();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->end->state(), v1::SUCCEEDED);
  EXPECT_THAT(recorder_.sequences, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(recorder_.frames, 11);
  EXPECT_EQ(outcome->resume_token, "10");
}

// Every schedule of cuts gives the log: here each stream ends after a few frames, with an error, as
// a cancelled call, or as if all were well.
TEST_F(EndedWatchTest, ResumesOverCuts) {
  for (const int code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED, grpc::StatusCode::OK}) {
    for (const std::vector<int>& cuts :
         {std::vector<int>{0, 0, 1}, {3, 3, 3}, {1, 0, 2, 0, 4}, {10}}) {
      server_.CutStreams(cuts, code);
      recorder_ = Recorder();
      const auto outcome = Watch();
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      EXPECT_TRUE(outcome->end.has_value());
      EXPECT_THAT(recorder_.sequences, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
      EXPECT_EQ(recorder_.lost, recorder_.resumed);
    }
  }
}

TEST_F(EndedWatchTest, DropsRepeatedEvents) {
  server_.RepeatOnResume();
  server_.CutStreams({4, 3}, grpc::StatusCode::UNAVAILABLE);
  ASSERT_TRUE(Watch().ok());
  EXPECT_THAT(recorder_.sequences, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(recorder_.frames, 11);
}

TEST_F(EndedWatchTest, RefusesHoles) {
  server_.LoseEvent(5);
  EXPECT_EQ(Watch().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(recorder_.sequences, testing::ElementsAre(1, 2, 3, 4));
}

TEST_F(EndedWatchTest, ContinuesFromAToken) {
  options_.resume_token = "7";
  ASSERT_TRUE(Watch().ok());
  EXPECT_THAT(recorder_.sequences, testing::ElementsAre(8, 9, 10));
}

TEST_F(EndedWatchTest, StopsWhenTheHandlerHasEnough) {
  recorder_.stop_after = 3;
  const auto outcome = Watch();
  ASSERT_TRUE(outcome.ok());
  EXPECT_TRUE(outcome->stopped);
  EXPECT_EQ(outcome->resume_token, "3");
}

TEST_F(EndedWatchTest, ReportsErrorsThatNoRetryCures) {
  options_.job = "jobs/none";
  EXPECT_EQ(Watch().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(server_.calls(), 1);
}

TEST_F(WatchTest, IsInterrupted) {
  recorder_.on_heartbeat = [this] { interrupt_.Trigger(); };
  const auto outcome = Watch();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->interrupted);
  EXPECT_EQ(outcome->resume_token, "9");
}

TEST_F(WatchTest, TimesOut) {
  options_.deadline = std::chrono::steady_clock::now() + milliseconds(50);
  const auto outcome = Watch();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->timed_out);
}

TEST_F(WatchTest, SurvivesARestartOfTheServer) {
  std::thread restart;
  recorder_.on_heartbeat = [&] {
    if (recorder_.resumed > 0) {
      interrupt_.Trigger();
    } else if (!restart.joinable()) {
      restart = std::thread([&] {
        server_.Stop();
        server_.Start();
      });
    }
  };
  const auto outcome = Watch();
  restart.join();
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(recorder_.lost, 1);
  EXPECT_THAT(recorder_.sequences, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(WatchTest, GivesUpOnAServerThatStaysAway) {
  server_.Stop();
  Client hasty(server_.settings(), {milliseconds(1000), milliseconds(50)});
  EXPECT_EQ(WatchJob(hasty, options_, recorder_, interrupt_).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(WatchTest, ReportsOnlyWhatComesFromNowOn) {
  options_.from_now = true;
  recorder_.on_heartbeat = [this] { interrupt_.Trigger(); };
  ASSERT_TRUE(Watch().ok());
  EXPECT_TRUE(recorder_.sequences.empty());
}

TEST(InterruptTest, WakesWhoeverWaits) {
  Interrupt interrupt;
  EXPECT_FALSE(interrupt.Trigger()) << "nobody waits";
  int woken = 0;
  {
    Interrupt::Scope scope(interrupt, [&] { ++woken; });
    EXPECT_EQ(woken, 1) << "it had been triggered before";
    EXPECT_TRUE(interrupt.Trigger());
  }
  EXPECT_EQ(woken, 2);
  EXPECT_FALSE(interrupt.Trigger());
  EXPECT_EQ(woken, 2) << "the scope has ended";
  EXPECT_FALSE(interrupt.SleepFor(std::chrono::hours(1)));
}

}  // namespace
}  // namespace trainyard::client
