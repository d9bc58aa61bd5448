// WatchJob against a server with scripted workers.
#include "server/api/watch_frames.h"

#include <gtest/gtest.h>

#include "tests/server/support/daemon_fixture.h"

namespace trainyard {
namespace {

v1::Event Progress(uint64_t sequence) {
  v1::Event event;
  event.set_sequence(sequence);
  event.mutable_progress()->set_step(sequence);
  return event;
}

v1::Event Metrics(uint64_t sequence) {
  v1::Event event;
  event.set_sequence(sequence);
  event.mutable_metrics()->set_step(sequence);
  return event;
}

TEST(FramesOfSlice, GivesEveryEventToALosslessReader) {
  EventSlice slice;
  for (uint64_t i = 1; i <= 200; ++i) slice.events.push_back(Progress(i));
  const auto frames = FramesOfSlice("jobs/a", slice, /*coalesce=*/false);
  ASSERT_EQ(frames.size(), 200u);
  EXPECT_EQ(frames[199].resume_token(), WatchToken("jobs/a", 200));
}

TEST(FramesOfSlice, SkipsSupersededProgressForAReaderThatLags) {
  EventSlice slice;
  for (uint64_t i = 1; i <= 100; ++i) slice.events.push_back(i == 50 ? Metrics(i) : Progress(i));
  const auto frames = FramesOfSlice("jobs/a", slice, /*coalesce=*/true);
  ASSERT_EQ(frames.size(), 4u);
  EXPECT_EQ(frames[0].gap().first_skipped(), 1u);
  EXPECT_EQ(frames[0].gap().last_skipped(), 49u);
  EXPECT_EQ(frames[0].resume_token(), WatchToken("jobs/a", 49));
  EXPECT_EQ(frames[1].event().sequence(), 50u);
  EXPECT_EQ(frames[2].gap().first_skipped(), 51u);
  EXPECT_EQ(frames[2].gap().last_skipped(), 99u);
  EXPECT_EQ(frames[3].event().sequence(), 100u);
}

TEST(FramesOfSlice, SkipsNothingForAReaderThatKeepsUp) {
  EventSlice slice;
  for (uint64_t i = 1; i <= 10; ++i) slice.events.push_back(Progress(i));
  EXPECT_EQ(FramesOfSlice("jobs/a", slice, /*coalesce=*/true).size(), 10u);
}

class WatchTest : public DaemonFixture {
 protected:
  WatchTest() { StartDaemon(); }

  grpc::Status Finish(const v1::WatchJobRequest& request,
                      std::vector<v1::WatchJobResponse>* frames = nullptr) {
    grpc::ClientContext context;
    const auto reader = jobs_->WatchJob(&context, request);
    v1::WatchJobResponse frame;
    while (reader->Read(&frame)) {
      if (frames != nullptr) frames->push_back(frame);
    }
    return reader->Finish();
  }
  v1::WatchJobRequest Of(const std::string& job) const {
    v1::WatchJobRequest request;
    request.set_name(job);
    return request;
  }
};

TEST_F(WatchTest, IsTheWholeLogAndThenTheEnd) {
  const std::string job = Submit("short", 25);
  const std::vector<v1::WatchJobResponse> frames = Watch(job);
  ASSERT_GT(frames.size(), 28u);
  for (size_t i = 0; i + 1 < frames.size(); ++i) EXPECT_EQ(frames[i].event().sequence(), i + 1);
  EXPECT_EQ(frames[0].event().state().state(), v1::QUEUED);
  EXPECT_EQ(frames.back().end().state(), v1::SUCCEEDED);
}

TEST_F(WatchTest, CutAndResumedAtEveryFrameItIsTheLog) {
  const std::string job = Submit("short", 25);
  const std::vector<v1::WatchJobResponse> whole = Watch(job);
  for (size_t cut = 0; cut < whole.size(); ++cut) {
    v1::WatchJobRequest request = Of(job);
    request.set_resume_token(whole[cut].resume_token());
    std::vector<v1::WatchJobResponse> rest;
    ASSERT_TRUE(Finish(request, &rest).ok());
    // The token of End stands for the whole log: End comes again.
    const size_t first = std::min(cut + 1, whole.size() - 1);
    ASSERT_EQ(rest.size(), whole.size() - first) << cut;
    for (size_t i = 0; i < rest.size(); ++i) {
      EXPECT_EQ(rest[i].SerializeAsString(), whole[first + i].SerializeAsString())
          << cut << " " << i;
    }
  }
}

TEST_F(WatchTest, FollowsALiveJob) {
  const std::string job = Submit("hold", 5);
  Watch(job, [](const v1::WatchJobResponse& frame) { return IsStep(frame, 5); });
  v1::WatchJobRequest request = Of(job);
  request.set_from_now(true);
  grpc::ClientContext context;
  const auto reader = jobs_->WatchJob(&context, request);
  grpc::ClientContext cancel_context;
  v1::CancelJobRequest cancel;
  cancel.set_name(job);
  v1::Job cancelled;
  // The watch is there once its first heartbeat is.
  v1::WatchJobResponse frame;
  ASSERT_TRUE(jobs_->CancelJob(&cancel_context, cancel, &cancelled).ok());
  v1::JobState end = v1::JOB_STATE_UNSPECIFIED;
  while (reader->Read(&frame)) {
    EXPECT_FALSE(frame.event().has_metrics());
    if (frame.has_end()) end = frame.end().state();
  }
  EXPECT_TRUE(reader->Finish().ok());
  EXPECT_EQ(end, v1::CANCELLED);
}

TEST_F(WatchTest, BeatsWhileNothingHappens) {
  const std::string job = Submit("hold", 1);
  v1::WatchJobRequest request = Of(job);
  request.set_heartbeat_seconds(1);
  grpc::ClientContext context;
  const auto reader = jobs_->WatchJob(&context, request);
  v1::WatchJobResponse frame;
  std::string token;
  uint64_t sequence = 0;
  while (reader->Read(&frame) && !frame.has_heartbeat()) {
    token = frame.resume_token();
    sequence = frame.event().sequence();
  }
  EXPECT_EQ(frame.resume_token(), token);
  EXPECT_GT(frame.heartbeat().server_time().seconds(), 1'600'000'000);
  EXPECT_GE(frame.heartbeat().last_sequence(), sequence);
  context.TryCancel();
}

TEST_F(WatchTest, RefusesTokensThatAreNotItsOwn) {
  const std::string job = Submit("one", 1);
  const std::string other = Submit("two", 1);
  const std::vector<v1::WatchJobResponse> frames = Watch(other);
  for (const std::string& token :
       {frames[0].resume_token(), std::string("garbage"), WatchToken(job, 1'000'000)}) {
    v1::WatchJobRequest request = Of(job);
    request.set_resume_token(token);
    const grpc::Status status = Finish(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), "resume_token");
  }
}

TEST_F(WatchTest, RefusesWhatIsNotThere) {
  const grpc::Status status = Finish(Of("jobs/nothing"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(status).infos, 1);
}

TEST_F(WatchTest, RefusesHeartbeatsThatNeverCome) {
  v1::WatchJobRequest request = Of(Submit("one", 1));
  request.set_heartbeat_seconds(1'000'000);
  EXPECT_EQ(Finish(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(WatchTest, ASlowReaderMissesNothingAndHindersNobody) {
  const std::string job = Submit("long", 5'000);
  grpc::ClientContext context;
  const auto slow = jobs_->WatchJob(&context, Of(job));
  v1::WatchJobResponse frame;
  ASSERT_TRUE(slow->Read(&frame));
  // The job, and another watch of it, end while the first reads nothing.
  const std::vector<v1::WatchJobResponse> whole = Watch(job);
  EXPECT_EQ(whole.back().end().state(), v1::SUCCEEDED);
  size_t read = 1;
  while (slow->Read(&frame)) {
    if (!frame.has_heartbeat()) ++read;
  }
  EXPECT_TRUE(slow->Finish().ok());
  EXPECT_EQ(read, whole.size());
}

TEST_F(WatchTest, EndsWithUnavailableWhenTheServerStops) {
  const std::string job = Submit("hold", 1);
  grpc::ClientContext context;
  const auto reader = jobs_->WatchJob(&context, Of(job));
  v1::WatchJobResponse frame;
  while (reader->Read(&frame) && !IsStep(frame, 1)) {
  }
  StopDaemon();
  while (reader->Read(&frame)) {
  }
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

class FewWatchesTest : public DaemonFixture {
 protected:
  FewWatchesTest() {
    options_.most_watches = 2;
    StartDaemon();
  }
};

TEST_F(FewWatchesTest, RefusesOneTooMany) {
  const std::string job = Submit("hold", 1);
  v1::WatchJobRequest request;
  request.set_name(job);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::WatchJobResponse>>> readers;
  v1::WatchJobResponse frame;
  for (int i = 0; i < 2; ++i) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    readers.push_back(jobs_->WatchJob(contexts.back().get(), request));
    ASSERT_TRUE(readers.back()->Read(&frame));
  }
  grpc::ClientContext context;
  const auto third = jobs_->WatchJob(&context, request);
  EXPECT_FALSE(third->Read(&frame));
  const grpc::Status status = third->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "WATCH_LIMIT");
  for (const auto& one : contexts) one->TryCancel();
}

}  // namespace
}  // namespace trainyard
