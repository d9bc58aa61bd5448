#include "client/lib/study_watch.h"

#include <grpcpp/support/status_code_enum.h>

#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/fake_server.h"

namespace trainyard::client {
namespace {

using std::chrono::milliseconds;

struct Recorder final : StudyWatchHandler {
  void OnEvent(const v1::StudyEvent& event) override { sequences.push_back(event.sequence()); }
  void OnQuiet() override { ++quiet; }
  void OnLost(const absl::Status& status) override { ++lost; }
  void OnResumed() override { ++resumed; }
  std::vector<uint64_t> sequences;
  int quiet = 0;
  int lost = 0;
  int resumed = 0;
};

class StudyWatchTest : public testing::Test {
 protected:
  StudyWatchTest() { options_.study = "studies/a"; }

  // Of four points: queued, then one after the other ended.
  static std::vector<v1::Study> History(v1::JobState state) {
    v1::Study study;
    study.set_state(v1::RUNNING);
    for (uint64_t size : {10, 20, 30, 40}) {
      study.add_points()->set_size(size);
      study.mutable_points(study.points_size() - 1)->set_state(v1::QUEUED);
    }
    std::vector<v1::Study> history = {study};
    for (v1::StudyPoint& point : *study.mutable_points()) {
      point.set_state(v1::SUCCEEDED);
      history.push_back(study);
    }
    history.back().set_state(state);
    return history;
  }
  auto Watch() { return WatchStudy(client_, options_, recorder_, interrupt_); }

  FakeServer server_;
  Client client_{server_.settings(), {milliseconds(1000), milliseconds(2000)}};
  StudyWatchOptions options_;
  Recorder recorder_;
  Interrupt interrupt_;
};

const auto kAll = testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8);

TEST_F(StudyWatchTest, SeesTheWholeLogAndItsEnd) {
  server_.AddStudy("a", History(v1::SUCCEEDED));
  const auto end = Watch();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ((*end)->state(), v1::SUCCEEDED);
  EXPECT_THAT(recorder_.sequences, kAll);
}

TEST_F(StudyWatchTest, ResumesOverCuts) {
  server_.AddStudy("a", History(v1::FAILED));
  for (const int code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED, grpc::StatusCode::OK}) {
    for (const std::vector<int>& cuts : {std::vector<int>{0, 0, 1}, {3, 3, 2}, {1, 0, 2}, {8}}) {
      server_.CutStreams(cuts, code);
      recorder_ = Recorder();
      const auto end = Watch();
      ASSERT_TRUE(end.ok()) << end.status();
      EXPECT_EQ((*end)->state(), v1::FAILED);
      EXPECT_THAT(recorder_.sequences, kAll);
      EXPECT_EQ(recorder_.lost, recorder_.resumed);
    }
  }
}

TEST_F(StudyWatchTest, AHoleInTheLogIsDataLoss) {
  server_.AddStudy("a", History(v1::SUCCEEDED));
  server_.LoseEvent(3);
  EXPECT_EQ(Watch().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(StudyWatchTest, CtrlCEndsIt) {
  server_.AddStudy("a", History(v1::RUNNING));
  std::thread user([this] {
    while (server_.streams() == 0) std::this_thread::yield();
    interrupt_.Trigger();
  });
  const auto end = Watch();
  user.join();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_FALSE(end->has_value());
}

TEST_F(StudyWatchTest, WhatIsNotThereIsAnError) {
  EXPECT_EQ(Watch().status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace trainyard::client
