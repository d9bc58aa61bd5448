#include <future>
#include <thread>

#include <gtest/gtest.h>

#include "tests/server/support/daemon_fixture.h"

namespace trainyard {
namespace {

class JobServiceTest : public DaemonFixture {
 protected:
  JobServiceTest() { StartDaemon(); }

  grpc::Status Create(const v1::CreateJobRequest& request, v1::Job* job = nullptr) {
    grpc::ClientContext context;
    v1::Job ignored;
    return jobs_->CreateJob(&context, request, job != nullptr ? job : &ignored);
  }
  grpc::Status Cancel(const std::string& name, v1::Job* job = nullptr) {
    grpc::ClientContext context;
    v1::CancelJobRequest request;
    request.set_name(name);
    v1::Job ignored;
    return jobs_->CancelJob(&context, request, job != nullptr ? job : &ignored);
  }
  grpc::Status List(const v1::ListJobsRequest& request, v1::ListJobsResponse& response) {
    grpc::ClientContext context;
    return jobs_->ListJobs(&context, request, &response);
  }
};

TEST_F(JobServiceTest, RunsAJobToItsEnd) {
  const std::string name = Submit("short", 12);
  EXPECT_EQ(Watch(name).back().end().state(), v1::SUCCEEDED);
  const v1::Job job = Get(name);
  EXPECT_EQ(job.state(), v1::SUCCEEDED);
  EXPECT_EQ(job.attempts(), 1u);
  EXPECT_EQ(job.specification().budget().steps(), 12u);
}

TEST_F(JobServiceTest, KeepsTheReasonOfAJobThatFailed) {
  const std::string name = Submit("fail", 1);
  const v1::WatchJobResponse end = Watch(name).back();
  EXPECT_EQ(end.end().state(), v1::FAILED);
  EXPECT_EQ(end.end().reason(), "DIVERGED");
  EXPECT_EQ(Get(name).reason(), "DIVERGED");
}

TEST_F(JobServiceTest, GivesEveryViolationAtOnce) {
  const grpc::Status status = Create(Request("bad", 1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const ErrorDetails details = DetailsOf(status);
  EXPECT_EQ(details.infos, 1);
  EXPECT_EQ(details.info.domain(), "trainyard");
  ASSERT_EQ(details.bad_request.field_violations_size(), 2);
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "model.layers[2].units");
}

TEST_F(JobServiceTest, ChecksTheRequestTogetherWithItsSpecification) {
  v1::CreateJobRequest request = Request("bad", 1);
  request.set_priority(101);
  request.set_request_id(std::string(129, 'x'));
  EXPECT_EQ(DetailsOf(Create(request)).bad_request.field_violations_size(), 4);
}

TEST_F(JobServiceTest, ACheckThatRunsOutOfMemoryFailsTheCallAndNotTheServer) {
  const grpc::Status status = Create(Request("exhaust", 1));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(DetailsOf(status).info.reason(), "OUT_OF_MEMORY");
  EXPECT_TRUE(Create(Request("small", 1)).ok());
}

TEST_F(JobServiceTest, ValidateOnlyMakesNoJob) {
  v1::CreateJobRequest request = Request("draft", 7);
  request.set_validate_only(true);
  v1::Job job;
  ASSERT_TRUE(Create(request, &job).ok());
  EXPECT_EQ(job.name(), "");
  EXPECT_EQ(job.model().steps(), 7u);
  v1::ListJobsResponse list;
  ASSERT_TRUE(List({}, list).ok());
  EXPECT_EQ(list.jobs_size(), 0);
}

TEST_F(JobServiceTest, ARepeatedRequestGetsTheSameJob) {
  v1::CreateJobRequest request = Request("once", 1);
  request.set_request_id("id-1");
  v1::Job first, second;
  ASSERT_TRUE(Create(request, &first).ok());
  ASSERT_TRUE(Create(request, &second).ok());
  EXPECT_EQ(first.name(), second.name());
  request.set_priority(5);
  const grpc::Status status = Create(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(DetailsOf(status).infos, 1);
}

TEST_F(JobServiceTest, ARequestIdSurvivesARestart) {
  v1::CreateJobRequest request = Request("once", 1);
  request.set_request_id("id-1");
  v1::Job first, second;
  ASSERT_TRUE(Create(request, &first).ok());
  StopDaemon();
  StartDaemon();
  ASSERT_TRUE(Create(request, &second).ok());
  EXPECT_EQ(first.name(), second.name());
}

TEST_F(JobServiceTest, ARepeatedRequestGetsItsJobAlsoWhenTheDataHasGone) {
  v1::CreateJobRequest request = Request("once", 1);
  request.mutable_specification()->mutable_data()->mutable_source()->set_type("csv");
  request.set_request_id("id-1");
  v1::Job first, second;
  ASSERT_TRUE(Create(request, &first).ok());
  checker_.data_is_gone = true;
  ASSERT_TRUE(Create(request, &second).ok());
  EXPECT_EQ(first.name(), second.name());
  request.set_request_id("id-2");
  EXPECT_EQ(Create(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(JobServiceTest, ARepeatedCancelIsAnsweredAlsoWhenItsPrefixHasBecomeAmbiguous) {
  const std::string name = Submit("hold-a", 1);
  v1::CancelJobRequest request;
  request.set_name("hold");
  request.set_request_id("id-1");
  v1::Job first, second;
  grpc::ClientContext first_context, second_context, other_context;
  ASSERT_TRUE(jobs_->CancelJob(&first_context, request, &first).ok());
  Submit("hold-b", 1);
  ASSERT_TRUE(jobs_->CancelJob(&second_context, request, &second).ok());
  EXPECT_EQ(second.name(), name);
  request.set_request_id("id-2");
  EXPECT_EQ(jobs_->CancelJob(&other_context, request, &second).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(JobServiceTest, RefusesASpecificationThatIsTooLarge) {
  v1::CreateJobRequest request = Request("large", 1);
  request.mutable_specification()->mutable_model()->set_initial_weights(std::string(1 << 20, 'x'));
  EXPECT_EQ(Create(request).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const size_t around = request.ByteSizeLong() - (1 << 20);
  request.mutable_specification()->mutable_model()->set_initial_weights(
      std::string((1 << 20) - around, 'x'));
  EXPECT_TRUE(Create(request).ok());
}

TEST_F(JobServiceTest, RefusesAMessageBeyondTheLimitAndGoesOn) {
  v1::CreateJobRequest request = Request("huge", 1);
  request.mutable_specification()->mutable_model()->set_initial_weights(std::string(6 << 18, 'x'));
  EXPECT_EQ(Create(request).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Create(Request("small", 1)).ok());
}

TEST_F(JobServiceTest, ChecksThatTakeLongStallNeitherWatchesNorTrainers) {
  const std::string job = Submit("hold", 500);
  std::promise<void> open;
  checker_.gate = open.get_future().share();
  std::vector<std::thread> submitters;
  for (int i = 0; i < 8; ++i) {
    submitters.emplace_back([this] { EXPECT_TRUE(Create(Request("slow", 1)).ok()); });
  }
  while (checker_.waiting < 2) std::this_thread::yield();
  // Checkpoints included.
  Watch(job, [](const v1::WatchJobResponse& frame) { return IsStep(frame, 500); });
  EXPECT_TRUE(Cancel(job).ok());
  EXPECT_EQ(Watch(job).back().end().state(), v1::CANCELLED);
  open.set_value();
  for (std::thread& submitter : submitters) submitter.join();
}

TEST_F(JobServiceTest, NamesWhatIsNotThere) {
  grpc::ClientContext context;
  v1::GetJobRequest request;
  request.set_name("jobs/nothing");
  v1::Job job;
  const grpc::Status status = jobs_->GetJob(&context, request, &job);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(status).infos, 1);
  EXPECT_EQ(DetailsOf(status).resource.resource_type(), "job");
  EXPECT_EQ(DetailsOf(status).resource.resource_name(), "jobs/nothing");
  const grpc::Status cancel = Cancel("other");
  EXPECT_EQ(DetailsOf(cancel).resource.resource_type(), "job");
  EXPECT_EQ(DetailsOf(cancel).resource.resource_name(), "jobs/other");
}

TEST_F(JobServiceTest, NamesTheFieldThatAsksForMoreThanThereIs) {
  v1::CreateJobRequest request = Request("wide", 1);
  request.mutable_specification()->mutable_resources()->set_cores(5);
  const ErrorDetails cores = DetailsOf(Create(request));
  EXPECT_EQ(cores.info.reason(), "INVALID_SPECIFICATION");
  EXPECT_EQ(cores.bad_request.field_violations(0).field(), "resources.cores");
  request.mutable_specification()->mutable_resources()->set_cores(1);
  request.mutable_specification()->mutable_resources()->set_memory_bytes(uint64_t{5} << 30);
  const ErrorDetails memory = DetailsOf(Create(request));
  EXPECT_EQ(memory.bad_request.field_violations(0).field(), "resources.memory_bytes");
}

TEST_F(JobServiceTest, ACancelHasNoSpecificationToBeWrong) {
  v1::CancelJobRequest request;
  request.set_name(Submit("hold", 1));
  request.set_request_id(std::string(129, 'x'));
  grpc::ClientContext context;
  v1::Job job;
  const ErrorDetails details = DetailsOf(jobs_->CancelJob(&context, request, &job));
  EXPECT_EQ(details.info.reason(), "INVALID_REQUEST");
  EXPECT_EQ(details.bad_request.field_violations(0).field(), "request_id");
}

TEST_F(JobServiceTest, CancelsARunningJob) {
  const std::string name = Submit("hold", 3);
  Watch(name, [](const v1::WatchJobResponse& frame) { return IsStep(frame, 3); });
  v1::Job job;
  ASSERT_TRUE(Cancel(name, &job).ok());
  EXPECT_EQ(job.state(), v1::CANCELLING);
  EXPECT_EQ(Watch(name).back().end().state(), v1::CANCELLED);
}

TEST_F(JobServiceTest, DoesNotCancelWhatHasEnded) {
  const std::string name = Submit("short", 1);
  Watch(name);
  const grpc::Status status = Cancel(name);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(status).info.reason(), "JOB_TERMINAL");
  EXPECT_EQ(DetailsOf(status).info.metadata().at("state"), "SUCCEEDED");
}

TEST_F(JobServiceTest, PredictsOnlyWithAFinishedModel) {
  const std::string running = Submit("hold", 1);
  v1::CreateJobRequest request = Request("classify", 1);
  request.mutable_specification()->mutable_predict()->set_job(running);
  const grpc::Status status = Create(request);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(status).info.reason(), "MODEL_NOT_READY");
  request.mutable_specification()->mutable_predict()->set_job("jobs/nothing");
  EXPECT_EQ(Create(request).error_code(), grpc::StatusCode::NOT_FOUND);
  request.mutable_specification()->mutable_predict()->clear_job();
  EXPECT_EQ(DetailsOf(Create(request)).bad_request.field_violations(0).field(), "predict.job");
}

TEST_F(JobServiceTest, ChecksTheNameOfAPrediction) {
  const std::string trained = Submit("short", 1);
  Watch(trained);
  v1::CreateJobRequest request = Request("classify", 1);
  request.mutable_specification()->mutable_predict()->set_job(trained);
  for (const std::string& name : {std::string("Not A Name\n"), std::string(64, 'x')}) {
    request.mutable_specification()->set_name(name);
    const ErrorDetails details = DetailsOf(Create(request));
    ASSERT_EQ(details.bad_request.field_violations_size(), 1);
    EXPECT_EQ(details.bad_request.field_violations(0).field(), "name");
    EXPECT_EQ(details.bad_request.field_violations(0).description(),
              "must be at most 63 of [a-z0-9-]");
  }
  request.mutable_specification()->set_name(std::string(63, 'x'));
  EXPECT_TRUE(Create(request).ok());
}

TEST_F(JobServiceTest, GivesAPredictionTheModelOfItsJob) {
  const std::string trained = Submit("short", 1);
  Watch(trained);
  v1::CreateJobRequest request = Request("classify", 2);
  request.mutable_specification()->mutable_predict()->set_job(trained);
  v1::Job job;
  ASSERT_TRUE(Create(request, &job).ok());
  EXPECT_EQ(Watch(job.name()).back().end().state(), v1::SUCCEEDED);
}

TEST_F(JobServiceTest, ListsInPages) {
  for (int i = 0; i < 5; ++i) Submit("job-" + std::to_string(i), 1);
  v1::ListJobsRequest request;
  request.set_page_size(2);
  std::vector<std::string> names;
  for (int page = 0; page < 3; ++page) {
    v1::ListJobsResponse response;
    ASSERT_TRUE(List(request, response).ok());
    for (const v1::Job& job : response.jobs()) names.push_back(job.name());
    request.set_page_token(response.next_page_token());
  }
  EXPECT_EQ(request.page_token(), "");
  EXPECT_EQ(names.size(), 5u);
}

TEST_F(JobServiceTest, RefusesListsThatMakeNoSense) {
  v1::ListJobsRequest size, token, filter, order;
  size.set_page_size(-1);
  token.set_page_token("garbage");
  filter.set_filter("colour=blue");
  order.set_order_by("colour");
  for (const auto& [request, field] : {std::pair(size, "page_size"), std::pair(token, "page_token"),
                                       std::pair(filter, "filter"), std::pair(order, "order_by")}) {
    v1::ListJobsResponse response;
    const grpc::Status status = List(request, response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_EQ(DetailsOf(status).info.reason(), "INVALID_REQUEST");
    EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), field);
  }
}

}  // namespace
}  // namespace trainyard
