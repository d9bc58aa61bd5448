// Jobs that come of others: forks, results that are used again, comparisons.
#include <gtest/gtest.h>

#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/compare_service.grpc.pb.h"
#include "trainyard/v1/study_service.grpc.pb.h"

namespace trainyard {
namespace {

class LineageTest : public DaemonFixture {
 protected:
  LineageTest() {
    checker_.results_have_keys = true;
    StartDaemon();
  }

  grpc::Status Create(const v1::CreateJobRequest& request, v1::Job& job) {
    grpc::ClientContext context;
    return jobs_->CreateJob(&context, request, &job);
  }
  v1::CreateJobRequest Reusing(const std::string& name, uint64_t steps) const {
    v1::CreateJobRequest request = Request(name, steps);
    request.set_reuse(true);
    return request;
  }
  std::string Done(const std::string& name, uint64_t steps) {
    const std::string job = Submit(name, steps);
    Watch(job);
    return job;
  }
  int CountJobs() {
    grpc::ClientContext context;
    v1::ListJobsResponse jobs;
    EXPECT_TRUE(jobs_->ListJobs(&context, {}, &jobs).ok());
    return jobs.jobs_size();
  }

  static v1::CreateStudyRequest StudyOf(std::initializer_list<uint64_t> sizes) {
    v1::CreateStudyRequest request;
    v1::StudySpecification& study = *request.mutable_specification();
    study.set_name("study");
    for (const uint64_t size : sizes) study.add_sizes(size);
    study.set_seeds(3);
    v1::Contender& line = *study.add_contenders();
    line.set_name("line");
    line.mutable_specification()->mutable_budget()->set_steps(2);
    line.mutable_specification()->mutable_checkpoint()->set_every_steps(1000);
    return request;
  }
  v1::Study CreateStudy(const v1::CreateStudyRequest& request) {
    grpc::ClientContext context;
    v1::Study study;
    const grpc::Status status =
        v1::StudyService::NewStub(channel_)->CreateStudy(&context, request, &study);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return study;
  }
  v1::Study GetStudy(const std::string& name) {
    grpc::ClientContext context;
    v1::GetStudyRequest request;
    request.set_name(name);
    v1::Study study;
    EXPECT_TRUE(v1::StudyService::NewStub(channel_)->GetStudy(&context, request, &study).ok());
    return study;
  }
  void WaitFor(const v1::Study& study) {
    for (const v1::StudyPoint& point : study.points()) Watch(point.job());
  }

  grpc::Status Diff(const std::vector<std::string>& names, v1::DiffJobsResponse& response) {
    grpc::ClientContext context;
    v1::DiffJobsRequest request;
    for (const std::string& name : names) request.add_jobs(name);
    return v1::CompareService::NewStub(channel_)->DiffJobs(&context, request, &response);
  }
};

TEST_F(LineageTest, AForkNamesItsOrigin) {
  const std::string origin = Done("origin", 3);
  v1::CreateJobRequest request = Request("fork", 4);
  request.set_forked_from("origin");  // a prefix
  v1::Job fork;
  ASSERT_TRUE(Create(request, fork).ok());
  EXPECT_EQ(fork.forked_from(), origin);
  EXPECT_EQ(Get(fork.name()).forked_from(), origin);
  Watch(fork.name());
  StopDaemon();
  StartDaemon();
  EXPECT_EQ(Get(fork.name()).forked_from(), origin);
  EXPECT_EQ(Get(origin).forked_from(), "");
  request.set_validate_only(true);
  ASSERT_TRUE(Create(request, fork).ok());
  EXPECT_EQ(fork.forked_from(), origin);
}

TEST_F(LineageTest, AForkOfNothingIsNotFound) {
  v1::CreateJobRequest request = Request("fork", 4);
  request.set_forked_from("jobs/nothing");
  v1::Job job;
  EXPECT_EQ(Create(request, job).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(CountJobs(), 0);
}

TEST_F(LineageTest, TheNewestJobThatDidTheSameIsTheAnswer) {
  Done("first", 3);
  const std::string second = Done("second", 3);
  v1::Job job;
  ASSERT_TRUE(Create(Reusing("third", 3), job).ok());
  EXPECT_EQ(job.name(), second);
  EXPECT_TRUE(job.reused());
  EXPECT_EQ(job.state(), v1::SUCCEEDED);
  EXPECT_EQ(job.specification().budget().steps(), 3u);
  EXPECT_FALSE(Get(second).reused());  // a word of that answer
  EXPECT_EQ(CountJobs(), 2);
  ASSERT_TRUE(Create(Reusing("other", 4), job).ok());
  EXPECT_FALSE(job.reused());
  ASSERT_TRUE(Create(Request("third", 3), job).ok());  // nobody asked for reuse
  EXPECT_FALSE(job.reused());
  EXPECT_EQ(CountJobs(), 4);
}

TEST_F(LineageTest, OnlySuccessIsUsedAgain) {
  Done("fail", 3);
  const std::string held = Submit("hold", 3);  // runs until it is stopped
  v1::Job job;
  ASSERT_TRUE(Create(Reusing("a", 3), job).ok());
  EXPECT_FALSE(job.reused());
  {
    grpc::ClientContext context;
    v1::CancelJobRequest cancel;
    cancel.set_name(held);
    v1::Job cancelled;
    ASSERT_TRUE(jobs_->CancelJob(&context, cancel, &cancelled).ok());
  }
  Watch(held);
  Watch(job.name());
  v1::Job again;
  ASSERT_TRUE(Create(Reusing("b", 3), again).ok());
  EXPECT_EQ(again.name(), job.name());
}

TEST_F(LineageTest, WithoutAKeyNothingIsUsedAgain) {
  checker_.results_have_keys = false;
  Done("first", 3);
  checker_.results_have_keys = true;
  v1::Job job;
  ASSERT_TRUE(Create(Reusing("second", 3), job).ok());
  EXPECT_FALSE(job.reused());
  Watch(job.name());
  checker_.results_have_keys = false;
  ASSERT_TRUE(Create(Reusing("third", 3), job).ok());
  EXPECT_FALSE(job.reused());
}

TEST_F(LineageTest, ARepeatedRequestGetsTheSameAnswer) {
  const std::string first = Done("first", 3);
  v1::CreateJobRequest request = Reusing("second", 3);
  request.set_request_id("id-1");
  v1::Job job;
  ASSERT_TRUE(Create(request, job).ok());
  Done("third", 3);  // a newer one
  ASSERT_TRUE(Create(request, job).ok());
  EXPECT_EQ(job.name(), first);
  EXPECT_TRUE(job.reused());
  request.set_reuse(false);
  EXPECT_EQ(Create(request, job).error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

TEST_F(LineageTest, AFullQueueStillHasOldAnswers) {
  const std::string first = Done("first", 3);
  StopDaemon();
  options_.jobs.max_queued_jobs = 0;
  StartDaemon();
  v1::Job job;
  ASSERT_TRUE(Create(Reusing("second", 3), job).ok());
  EXPECT_EQ(job.name(), first);
  EXPECT_EQ(Create(Request("second", 3), job).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(LineageTest, StudiesTakePointsThatAreThere) {
  const v1::Study first = CreateStudy(StudyOf({100, 1000}));
  WaitFor(first);
  v1::CreateStudyRequest larger = StudyOf({100, 300, 1000});
  larger.set_validate_only(true);
  const v1::Study planned = CreateStudy(larger);
  EXPECT_TRUE(planned.points(0).reused());
  EXPECT_FALSE(planned.points(1).reused());
  larger.set_validate_only(false);
  const v1::Study second = CreateStudy(larger);
  ASSERT_EQ(second.points_size(), 3);
  EXPECT_EQ(second.points(0).job(), first.points(0).job());
  EXPECT_TRUE(second.points(0).reused());
  EXPECT_NE(second.points(1).job(), "");
  EXPECT_FALSE(second.points(1).reused());
  EXPECT_EQ(second.points(2).job(), first.points(1).job());
  EXPECT_EQ(CountJobs(), 3);
  WaitFor(second);
  const v1::Study ended = GetStudy(second.name());
  EXPECT_EQ(ended.state(), v1::SUCCEEDED);
  EXPECT_TRUE(ended.points(2).reused());
  // Nothing is left to do.
  const v1::Study third = CreateStudy(StudyOf({100, 300, 1000}));
  EXPECT_EQ(third.state(), v1::SUCCEEDED);
  EXPECT_EQ(CountJobs(), 3);
  v1::CreateStudyRequest anew = StudyOf({100});
  anew.set_no_reuse(true);
  EXPECT_FALSE(CreateStudy(anew).points(0).reused());
  EXPECT_EQ(CountJobs(), 4);
}

TEST_F(LineageTest, DiffNamesWhatDiffers) {
  const std::string a = Done("a", 3);
  const std::string b = Done("b", 4);
  v1::DiffJobsResponse response;
  ASSERT_TRUE(Diff({"a", "@last"}, response).ok());
  ASSERT_EQ(response.jobs_size(), 2);
  EXPECT_EQ(response.jobs(0), a);
  EXPECT_EQ(response.jobs(1), b);
  ASSERT_EQ(response.differences_size(), 1);
  EXPECT_EQ(response.differences(0).path(), "budget.steps");
  EXPECT_EQ(response.differences(0).values(0), "3");
  EXPECT_EQ(response.differences(0).values(1), "4");
}

TEST_F(LineageTest, ComparisonsTakeTwoToTwentyJobsOnce) {
  Done("a", 3);
  v1::DiffJobsResponse response;
  EXPECT_EQ(Diff({"a"}, response).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Diff(std::vector<std::string>(21, "a"), response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
  const grpc::Status twice = Diff({"a", "a"}, response);
  EXPECT_EQ(twice.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_NE(twice.error_message().find("jobs[1]"), std::string::npos);
  EXPECT_EQ(Diff({"a", "nothing"}, response).error_code(), grpc::StatusCode::NOT_FOUND);
  // The scripted jobs judge nothing.
  Done("b", 3);
  grpc::ClientContext context;
  v1::CompareJobsRequest request;
  request.add_jobs("a");
  request.add_jobs("b");
  v1::Comparison comparison;
  const grpc::Status status =
      v1::CompareService::NewStub(channel_)->CompareJobs(&context, request, &comparison);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(status).info.reason(), "NO_RESULTS");
}

}  // namespace
}  // namespace trainyard
