// WatchStudy against a server with scripted workers.
#include <map>

#include <gtest/gtest.h>

#include "server/store/job_state.h"
#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/study_service.grpc.pb.h"

namespace trainyard {
namespace {

using Frames = std::vector<v1::WatchStudyResponse>;

class StudyWatchTest : public DaemonFixture {
 protected:
  StudyWatchTest() { StartDaemon(); }

  std::unique_ptr<v1::StudyService::Stub> Studies() const {
    return v1::StudyService::NewStub(channel_);
  }

  // One contender at these sizes, jobs of so many steps. Full name.
  std::string Make(const std::vector<uint64_t>& sizes, uint64_t steps) {
    v1::CreateStudyRequest request;
    v1::StudySpecification& study = *request.mutable_specification();
    study.set_name("watched");
    for (const uint64_t size : sizes) study.add_sizes(size);
    study.set_seeds(3);
    AddContender("line", steps, study);
    grpc::ClientContext context;
    v1::Study made;
    const grpc::Status status = Studies()->CreateStudy(&context, request, &made);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return made.name();
  }
  static void AddContender(const std::string& name, uint64_t steps, v1::StudySpecification& study) {
    v1::Contender& line = *study.add_contenders();
    line.set_name(name);
    line.mutable_specification()->mutable_budget()->set_steps(steps);
    line.mutable_specification()->mutable_checkpoint()->set_every_steps(1000);
  }

  // At most `most` frames of one stream, without heartbeats; its status where it was read to the
  // end.
  grpc::Status Read(const v1::WatchStudyRequest& request, Frames& frames, size_t most = SIZE_MAX) {
    grpc::ClientContext context;
    const auto reader = Studies()->WatchStudy(&context, request);
    v1::WatchStudyResponse frame;
    for (size_t count = 0; count < most && reader->Read(&frame);) {
      if (frame.has_heartbeat()) continue;
      frames.push_back(frame);
      ++count;
    }
    if (most != SIZE_MAX) context.TryCancel();
    return reader->Finish();
  }
  static v1::WatchStudyRequest Of(const std::string& study, const std::string& token = "") {
    v1::WatchStudyRequest request;
    request.set_name(study);
    request.set_resume_token(token);
    return request;
  }
  Frames ReadToEnd(const std::string& study, const std::string& token = "") {
    Frames frames;
    EXPECT_TRUE(Read(Of(study, token), frames).ok());
    EXPECT_TRUE(!frames.empty() && frames.back().has_end());
    return frames;
  }

  static void ExpectEqual(const Frames& a, const Frames& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i)
      EXPECT_EQ(a[i].SerializeAsString(), b[i].SerializeAsString()) << i;
  }
};

TEST_F(StudyWatchTest, TellsEveryChangeOfEveryPointAndTheEnd) {
  const std::string study = Make({100, 1000}, 2);
  const Frames frames = ReadToEnd(study);
  std::map<uint64_t, std::vector<v1::JobState>> states;
  for (size_t i = 0; i + 1 < frames.size(); ++i) {
    ASSERT_TRUE(frames[i].has_event());
    EXPECT_EQ(frames[i].event().sequence(), i + 1);
    const v1::StudyPoint& point = frames[i].event().point();
    EXPECT_EQ(point.contender(), "line");
    EXPECT_EQ(point.job().rfind("jobs/", 0), 0u);
    states[point.size()].push_back(point.state());
    // What came of it, once it has ended.
    EXPECT_EQ(point.seeds_size(), IsTerminal(point.state()) ? 3 : 0);
  }
  const std::vector<v1::JobState> life = {v1::QUEUED, v1::RUNNING, v1::SUCCEEDED};
  EXPECT_EQ(states[100], life);
  EXPECT_EQ(states[1000], life);
  EXPECT_EQ(frames.back().end().state(), v1::SUCCEEDED);
  EXPECT_EQ(frames.back().end().message(), "2 of 2 points measured");
}

TEST_F(StudyWatchTest, AnyScheduleOfCutsAndRestartsIsTheLog) {
  const std::string study = Make({100, 200, 300, 400, 500, 600}, 4);
  Frames cut;
  int restarts = 0;
  while (cut.empty() || !cut.back().has_end()) {
    const std::string token = cut.empty() ? "" : cut.back().resume_token();
    Frames part;
    Read(Of(study, token), part, 1 + cut.size() % 3);
    cut.insert(cut.end(), part.begin(), part.end());
    if (cut.size() % 5 != 0 || restarts == 3) continue;
    StopDaemon();
    StartDaemon();
    ++restarts;
  }
  EXPECT_GT(restarts, 0);
  const Frames through = ReadToEnd(study);
  EXPECT_GE(through.size(), 19u);
  ExpectEqual(cut, through);
}

TEST_F(StudyWatchTest, AnExtensionGoesOnWhereTheLogEnded) {
  const std::string study = Make({100}, 2);
  const Frames before = ReadToEnd(study);
  v1::ExtendStudyRequest request;
  request.set_name(study);
  AddContender("late", 2, *request.mutable_specification());
  grpc::ClientContext context;
  v1::Study extended;
  ASSERT_TRUE(Studies()->ExtendStudy(&context, request, &extended).ok());
  const Frames rest = ReadToEnd(study, before.back().resume_token());
  EXPECT_EQ(rest[0].event().sequence(), before.size());
  EXPECT_EQ(rest[0].event().point().contender(), "late");
  EXPECT_EQ(rest.back().end().message(), "2 of 2 points measured");
  Frames all(before.begin(), before.end() - 1);
  all.insert(all.end(), rest.begin(), rest.end());
  ExpectEqual(all, ReadToEnd(study));
}

TEST_F(StudyWatchTest, ACancelledStudySaysSo) {
  const std::string study = Make({100, 1000}, 10'000'000);
  grpc::ClientContext context;
  v1::CancelStudyRequest request;
  request.set_name(study);
  v1::Study cancelled;
  ASSERT_TRUE(Studies()->CancelStudy(&context, request, &cancelled).ok());
  const Frames frames = ReadToEnd(study);
  int told = 0;
  for (const v1::WatchStudyResponse& frame : frames)
    told += frame.event().study() == v1::CANCELLING ? 1 : 0;
  EXPECT_EQ(told, 1);
  EXPECT_EQ(frames.back().end().state(), v1::CANCELLED);
  EXPECT_EQ(frames.back().end().message(), "0 of 2 points measured");
}

TEST_F(StudyWatchTest, FromNowLeavesOutWhatWas) {
  const std::string study = Make({100}, 2);
  ReadToEnd(study);
  v1::WatchStudyRequest request = Of(study);
  request.set_from_now(true);
  Frames frames;
  ASSERT_TRUE(Read(request, frames).ok());
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_TRUE(frames[0].has_end());
}

TEST_F(StudyWatchTest, HeartbeatsKeepTheToken) {
  const std::string study = Make({100}, 10'000'000);
  v1::WatchStudyRequest request = Of(study);
  request.set_heartbeat_seconds(1);
  grpc::ClientContext context;
  const auto reader = Studies()->WatchStudy(&context, request);
  v1::WatchStudyResponse frame;
  std::string token;
  while (reader->Read(&frame) && !frame.has_heartbeat()) token = frame.resume_token();
  EXPECT_TRUE(frame.has_heartbeat());
  EXPECT_GE(frame.heartbeat().last_sequence(), 1u);
  EXPECT_EQ(frame.resume_token(), token);
  context.TryCancel();
}

TEST_F(StudyWatchTest, AServerThatStopsEndsItWithUnavailable) {
  const std::string study = Make({100}, 10'000'000);
  grpc::ClientContext context;
  const auto reader = Studies()->WatchStudy(&context, Of(study));
  v1::WatchStudyResponse frame;
  ASSERT_TRUE(reader->Read(&frame));
  StopDaemon();
  while (reader->Read(&frame)) EXPECT_FALSE(frame.has_end());
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(StudyWatchTest, WhatMakesNoSenseIsRefused) {
  const std::string study = Make({100}, 2);
  const std::string other = Make({200}, 2);
  const std::string token = ReadToEnd(other).back().resume_token();
  Frames none;
  EXPECT_EQ(Read(Of("studies/nothing"), none).error_code(), grpc::StatusCode::NOT_FOUND);
  for (const std::string& wrong : {token, std::string("garbage"), std::string(5000, 'x')}) {
    const grpc::Status status = Read(Of(study, wrong), none);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), "resume_token");
  }
  v1::WatchStudyRequest both = Of(study, ReadToEnd(study).back().resume_token());
  both.set_from_now(true);
  both.set_heartbeat_seconds(100'000);
  const grpc::Status status = Read(both, none);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).bad_request.field_violations_size(), 2);
  EXPECT_TRUE(none.empty());
}

TEST_F(StudyWatchTest, ThereIsALimit) {
  StopDaemon();
  options_.most_watches = 1;
  StartDaemon();
  const std::string study = Make({100}, 10'000'000);
  grpc::ClientContext context;
  const auto reader = Studies()->WatchStudy(&context, Of(study));
  v1::WatchStudyResponse frame;
  ASSERT_TRUE(reader->Read(&frame));
  Frames none;
  const grpc::Status status = Read(Of(study), none);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "WATCH_LIMIT");
  context.TryCancel();
}

}  // namespace
}  // namespace trainyard
