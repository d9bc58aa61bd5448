#include "server/store/event_log.h"

#include <cmath>
#include <limits>

#include "server/store/job_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

class EventLogTest : public StoreTest {
 protected:
  EventLogTest() : jobs_(*store_), job_(AddJob("a")) {}

  EventSlice Read(EventQuery query) {
    query.job = job_;
    auto slice = jobs_.ReadEvents(query);
    EXPECT_OK(slice.status());
    return slice.ok() ? *std::move(slice) : EventSlice();
  }

  JobStore jobs_;
  const std::string job_;
};

TEST_F(EventLogTest, SequencesHaveNoGaps) {
  Claim(job_);
  ASSERT_OK(Append(job_, {ProgressEvent(1), ProgressEvent(2)}));
  ASSERT_OK(Append(job_, {ProgressEvent(3)}));
  const EventSlice slice = Read({});
  ASSERT_EQ(slice.events.size(), 5u);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(slice.events[i].sequence(), i + 1);
  EXPECT_EQ(slice.last_sequence, 5u);
  EXPECT_TRUE(slice.complete);
}

TEST_F(EventLogTest, EventsCarryAttemptAndTime) {
  Claim(job_);
  v1::Event timed = ProgressEvent(1);
  timed.mutable_time()->set_seconds(12);
  ASSERT_OK(Append(job_, {timed, ProgressEvent(2)}));
  const EventSlice slice = Read({});
  EXPECT_EQ(slice.events[0].attempt(), 0u);
  EXPECT_EQ(slice.events[2].attempt(), 1u);
  EXPECT_EQ(slice.events[2].time().seconds(), 12);
  EXPECT_EQ(slice.events[3].time().seconds(), 1'700'000'000);
}

TEST_F(EventLogTest, AFailedAppendLeavesNothing) {
  Claim(job_);
  const absl::Status status = Append(job_, {ProgressEvent(1), StateEvent(v1::CANCELLED)});
  EXPECT_EQ(ReasonOf(status), "WRONG_STATE");
  EXPECT_EQ(Read({}).last_sequence, 2u);
  EXPECT_EQ(Read({}).events.size(), 2u);
}

TEST_F(EventLogTest, NothingFollowsTheEnd) {
  Claim(job_);
  ASSERT_OK(Append(job_, {StateEvent(v1::FAILED, "DIVERGED", "the loss is NaN")}));
  for (const v1::Event& event :
       {ProgressEvent(1), LogEvent(v1::INFO, "x"), StateEvent(v1::QUEUED)}) {
    const absl::Status status = Append(job_, {event});
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf(status), "JOB_TERMINAL");
    EXPECT_EQ(MetadataOf(status).at("state"), "FAILED");
  }
  const EventSlice slice = Read({});
  EXPECT_EQ(slice.state, v1::FAILED);
  EXPECT_EQ(slice.reason, "DIVERGED");
  EXPECT_EQ(slice.message, "the loss is NaN");
}

TEST_F(EventLogTest, AnEventWithoutContentIsRefused) {
  EXPECT_EQ(Append(job_, {v1::Event()}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EventLogTest, AnArtifactThatWasNotUploadedIsRefused) {
  Claim(job_);
  v1::Artifact artifact;
  artifact.set_name("model.safetensors");
  artifact.set_sha256(std::string(64, 'a'));
  EXPECT_EQ(Append(job_, {ArtifactEvent(artifact)}).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(EventLogTest, TheResultOfARunReplacesThatOfAnEarlierAttempt) {
  Claim(job_);
  const auto ended = [](uint32_t run, uint64_t steps) {
    v1::Event event;
    event.mutable_run_ended()->set_run(run);
    event.mutable_run_ended()->set_steps(steps);
    return event;
  };
  ASSERT_OK(Append(job_, {ended(2, 10), ended(0, 20), ended(1, 30), ended(2, 40)}));
  const v1::Job job = *jobs_.GetJob(job_);
  ASSERT_EQ(job.runs_size(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(job.runs(i).run(), static_cast<uint32_t>(i));
  EXPECT_EQ(job.runs(0).steps(), 20u);
  EXPECT_EQ(job.runs(2).steps(), 40u);
}

TEST_F(EventLogTest, ReadsAfterACursor) {
  Claim(job_);
  ASSERT_OK(Append(job_, {ProgressEvent(1), ProgressEvent(2)}));
  const EventSlice slice = Read({.after_sequence = 3});
  ASSERT_EQ(slice.events.size(), 1u);
  EXPECT_EQ(slice.events[0].progress().step(), 2u);
  EXPECT_TRUE(Read({.after_sequence = 4}).events.empty());
  EXPECT_TRUE(Read({.after_sequence = std::numeric_limits<uint64_t>::max()}).events.empty());
}

TEST_F(EventLogTest, LimitsCutASlice) {
  Claim(job_);
  for (int i = 0; i < 8; ++i) ASSERT_OK(Append(job_, {ProgressEvent(i)}));
  EventSlice slice = Read({.limit = 4});
  EXPECT_EQ(slice.events.size(), 4u);
  EXPECT_FALSE(slice.complete);
  slice = Read({.after_sequence = 4, .limit = 6});
  EXPECT_EQ(slice.events.size(), 6u);
  EXPECT_TRUE(slice.complete);
  // One event at least, however large.
  slice = Read({.byte_limit = 1});
  EXPECT_EQ(slice.events.size(), 1u);
  EXPECT_FALSE(slice.complete);
}

TEST_F(EventLogTest, ReadsOnlyTheKindsAskedFor) {
  Claim(job_);
  ASSERT_OK(Append(job_, {ProgressEvent(1), LogEvent(v1::INFO, "a"), MetricEvent(1, "test/loss", 2),
                          LogEvent(v1::ERROR, "b")}));
  const EventSlice slice = Read({.limit = 2, .kinds = {v1::Event::kLog}});
  ASSERT_EQ(slice.events.size(), 2u);
  EXPECT_EQ(slice.events[1].log().text(), "b");
  EXPECT_TRUE(slice.complete);
  EXPECT_EQ(Read({.kinds = {v1::Event::kLog, v1::Event::kMetrics}}).events.size(), 3u);
}

TEST_F(EventLogTest, AnUnknownJobIsNotFound) {
  EXPECT_EQ(ReasonOf(jobs_.ReadEvents({.job = "jobs/none"}).status()), "JOB_NOT_FOUND");
}

TEST_F(EventLogTest, TheRowFollowsTheLog) {
  clock_.Advance(std::chrono::seconds(5));
  Claim(job_);
  v1::Event started;
  started.mutable_attempt_started()->set_start_step(10);
  started.mutable_attempt_started()->set_total_steps(100);
  ASSERT_OK(Append(job_, {started}));
  EXPECT_EQ(Row(job_).summary.progress().step(), 10u);
  EXPECT_EQ(Row(job_).summary.progress().total_steps(), 100u);

  clock_.Advance(std::chrono::seconds(5));
  ASSERT_OK(Append(job_, {ProgressEvent(50), StateEvent(v1::SUCCEEDED)}));
  const auto job = jobs_.GetJob(job_);
  ASSERT_OK(job.status());
  EXPECT_EQ(job->state(), v1::SUCCEEDED);
  EXPECT_EQ(job->attempts(), 1u);
  EXPECT_EQ(job->progress().step(), 50u);
  EXPECT_EQ(job->last_sequence(), 5u);
  EXPECT_EQ(job->create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(job->start_time().seconds(), 1'700'000'005);
  EXPECT_EQ(job->end_time().seconds(), 1'700'000'010);
  EXPECT_EQ(job->specification().name(), "a");
}

TEST_F(EventLogTest, ResultsAreTheLastValuesOfValidationAndTest) {
  Claim(job_);
  ASSERT_OK(
      Append(job_, {MetricEvent(1, "test/accuracy", 0.5), MetricEvent(1, "train/accuracy", 0.9)}));
  ASSERT_OK(Append(
      job_, {MetricEvent(2, "test/accuracy", std::nan("")), MetricEvent(2, "validation/loss", 3)}));
  const auto job = jobs_.GetJob(job_);
  ASSERT_EQ(job->results_size(), 2);
  EXPECT_EQ(job->results(0).series(), "test/accuracy");
  EXPECT_TRUE(std::isnan(job->results(0).value()));
  EXPECT_EQ(job->results(1).value(), 3);
}

TEST_F(EventLogTest, ARetryKeepsTheFirstStartTime) {
  Claim(job_);
  ASSERT_OK(Append(job_, {StateEvent(v1::QUEUED, "WORKER_LOST")}));
  clock_.Advance(std::chrono::seconds(5));
  EXPECT_EQ(Claim(job_).attempt, 2u);
  EXPECT_EQ(Row(job_).summary.attempts(), 2u);
  EXPECT_EQ(Row(job_).summary.start_time().seconds(), 1'700'000'000);
  EXPECT_EQ(Row(job_).summary.reason(), "");
}

}  // namespace
}  // namespace trainyard
