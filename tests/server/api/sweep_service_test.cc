#include <set>

#include <gtest/gtest.h>

#include "server/store/job_state.h"
#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/sweep_service.grpc.pb.h"

namespace trainyard {
namespace {

class SweepServiceTest : public DaemonFixture {
 protected:
  SweepServiceTest() { StartDaemon(); }

  // A grid of two by two; jobs of so many steps.
  static v1::CreateSweepRequest Request(const std::string& name, uint64_t steps) {
    v1::CreateSweepRequest request;
    v1::SweepSpecification& sweep = *request.mutable_specification();
    sweep.set_name(name);
    sweep.set_method(v1::METHOD_GRID);
    v1::Specification& job = *sweep.mutable_specification();
    job.mutable_data()->mutable_split()->set_validation(0.1);
    job.mutable_budget()->set_steps(steps);
    job.mutable_checkpoint()->set_every_steps(1000);
    job.mutable_optimizer()->set_type("adam");
    for (const char* path : {"batch_size", "optimizer.learning_rate"}) {
      v1::SweepParameter& parameter = *sweep.add_parameters();
      parameter.set_path(path);
      for (const double value : {1, 2}) parameter.add_values()->set_number_value(value);
    }
    return request;
  }
  std::unique_ptr<v1::SweepService::Stub> Sweeps() const {
    return v1::SweepService::NewStub(channel_);
  }
  grpc::Status Create(const v1::CreateSweepRequest& request, v1::Sweep& sweep) {
    grpc::ClientContext context;
    return Sweeps()->CreateSweep(&context, request, &sweep);
  }
  grpc::Status Find(const std::string& name, v1::Sweep& sweep) {
    grpc::ClientContext context;
    v1::GetSweepRequest request;
    request.set_name(name);
    return Sweeps()->GetSweep(&context, request, &sweep);
  }
  grpc::Status Stop(const std::string& name, v1::Sweep& sweep) {
    grpc::ClientContext context;
    v1::StopSweepRequest request;
    request.set_name(name);
    return Sweeps()->StopSweep(&context, request, &sweep);
  }
  v1::Sweep WaitForEnd(const std::string& name) {
    v1::Sweep sweep;
    EXPECT_TRUE(Find(name, sweep).ok());
    for (const v1::SweepTrial& trial : sweep.trials()) Watch(trial.job());
    EXPECT_TRUE(Find(name, sweep).ok());
    return sweep;
  }
  int Jobs() {
    grpc::ClientContext context;
    v1::ListJobsResponse jobs;
    EXPECT_TRUE(jobs_->ListJobs(&context, {}, &jobs).ok());
    return jobs.jobs_size();
  }
};

TEST_F(SweepServiceTest, ASweepIsItsJobs) {
  v1::Sweep sweep;
  ASSERT_TRUE(Create(Request("lr", 2), sweep).ok());
  EXPECT_EQ(sweep.name().rfind("sweeps/lr-", 0), 0u);
  EXPECT_EQ(sweep.specification().objective().series(), "validation/loss");
  ASSERT_EQ(sweep.trials_size(), 4);
  const v1::Job job = Get(sweep.trials(2).job());
  EXPECT_EQ(job.parent(), sweep.name());
  EXPECT_EQ(job.specification().batch_size(), 2u);
  EXPECT_EQ(job.specification().optimizer().params().at("learning_rate").number_value(), 1);
  const v1::Sweep ended = WaitForEnd(sweep.name());
  EXPECT_EQ(ended.state(), v1::SUCCEEDED);
  EXPECT_EQ(ended.trials_ended(), 4u);
  EXPECT_EQ(ended.trials(3).state(), v1::SUCCEEDED);
  EXPECT_FALSE(ended.has_best());  // scripted workers measure nothing on the validation part
}

TEST_F(SweepServiceTest, SurvivesARestart) {
  v1::Sweep sweep, again;
  ASSERT_TRUE(Create(Request("lr", 2), sweep).ok());
  StopDaemon();
  StartDaemon();
  EXPECT_EQ(WaitForEnd("lr").state(), v1::SUCCEEDED);
  ASSERT_TRUE(Find("@last", again).ok());
  EXPECT_EQ(again.name(), sweep.name());
}

TEST_F(SweepServiceTest, ARepeatedRequestMakesOneSweep) {
  v1::CreateSweepRequest request = Request("lr", 2);
  request.set_request_id("id-1");
  v1::Sweep first, second;
  ASSERT_TRUE(Create(request, first).ok());
  ASSERT_TRUE(Create(request, second).ok());
  EXPECT_EQ(first.name(), second.name());
  EXPECT_EQ(Jobs(), 4);
  request.mutable_specification()->set_seeds(4);
  const grpc::Status status = Create(request, second);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(DetailsOf(status).info.reason(), "REQUEST_ID_REUSED");
}

TEST_F(SweepServiceTest, WhatIsWrongInManyTrialsIsSaidOnceAtItsPlace) {
  v1::Sweep sweep;
  const grpc::Status status = Create(Request("bad", 2), sweep);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const ErrorDetails details = DetailsOf(status);
  std::set<std::string> fields;
  for (const auto& violation : details.bad_request.field_violations())
    fields.insert(violation.field());
  EXPECT_EQ(fields, (std::set<std::string>{"specification.model.layers[2].units",
                                           "parameters[1].values[0]", "parameters[1].values[1]"}));
  EXPECT_EQ(Create(v1::CreateSweepRequest(), sweep).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SweepServiceTest, APreviewMakesNothing) {
  v1::CreateSweepRequest request = Request("lr", 2);
  request.set_validate_only(true);
  v1::Sweep sweep;
  ASSERT_TRUE(Create(request, sweep).ok());
  EXPECT_EQ(sweep.trials_size(), 4);
  EXPECT_EQ(sweep.trials(0).job(), "");
  EXPECT_EQ(Find("@last", sweep).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Jobs(), 0);
}

TEST_F(SweepServiceTest, AFullQueueTakesNoPartOfASweep) {
  StopDaemon();
  options_.jobs.max_queued_jobs = 3;
  StartDaemon();
  v1::Sweep sweep;
  EXPECT_EQ(Create(Request("lr", 2), sweep).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Find("@last", sweep).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Jobs(), 0);
}

TEST_F(SweepServiceTest, StopEndsWhatHasNotEnded) {
  v1::Sweep sweep;
  ASSERT_TRUE(Create(Request("lr", 1'000'000), sweep).ok());
  ASSERT_TRUE(Stop(sweep.name(), sweep).ok());
  const v1::Sweep ended = WaitForEnd(sweep.name());
  EXPECT_EQ(ended.state(), v1::CANCELLED);
  for (const v1::SweepTrial& trial : ended.trials()) EXPECT_TRUE(IsTerminal(trial.state()));
  EXPECT_TRUE(Stop(sweep.name(), sweep).ok());  // a repeat is no error
  ASSERT_TRUE(Create(Request("short", 2), sweep).ok());
  WaitForEnd(sweep.name());
  const grpc::Status late = Stop(sweep.name(), sweep);
  EXPECT_EQ(late.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(late).info.reason(), "SWEEP_TERMINAL");
}

TEST_F(SweepServiceTest, ListsInPages) {
  v1::Sweep sweep;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Create(Request("lr", 1), sweep).ok());
  v1::ListSweepsRequest request;
  request.set_page_size(2);
  v1::ListSweepsResponse page;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Sweeps()->ListSweeps(&context, request, &page).ok());
  }
  ASSERT_EQ(page.sweeps_size(), 2);
  EXPECT_EQ(page.sweeps(0).name(), sweep.name());  // newest first
  request.set_page_token(page.next_page_token());
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Sweeps()->ListSweeps(&context, request, &page).ok());
  }
  EXPECT_EQ(page.sweeps_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  request.set_page_token("garbage");
  grpc::ClientContext context;
  EXPECT_EQ(Sweeps()->ListSweeps(&context, request, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(SweepServiceTest, UnknownSweepsAreNotFound) {
  v1::Sweep sweep;
  const grpc::Status status = Find("sweeps/none", sweep);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(status).resource.resource_type(), "sweep");
}

}  // namespace
}  // namespace trainyard
