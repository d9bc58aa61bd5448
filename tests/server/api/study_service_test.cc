#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "server/store/job_state.h"
#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/study_service.grpc.pb.h"

namespace trainyard {
namespace {

class StudyServiceTest : public DaemonFixture {
 protected:
  StudyServiceTest() { StartDaemon(); }

  // Two contenders at two sizes; jobs of so many steps.
  static v1::CreateStudyRequest Request(const std::string& contender, uint64_t steps) {
    v1::CreateStudyRequest request;
    v1::StudySpecification& study = *request.mutable_specification();
    study.set_name("more-data");
    study.add_sizes(100);
    study.add_sizes(1000);
    study.set_seeds(3);
    for (const std::string& name : {contender, std::string("other")}) {
      v1::Contender& line = *study.add_contenders();
      line.set_name(name);
      line.mutable_specification()->mutable_budget()->set_steps(steps);
      line.mutable_specification()->mutable_checkpoint()->set_every_steps(1000);
    }
    return request;
  }
  std::unique_ptr<v1::StudyService::Stub> Studies() const {
    return v1::StudyService::NewStub(channel_);
  }
  grpc::Status Create(const v1::CreateStudyRequest& request, v1::Study& study) {
    grpc::ClientContext context;
    return Studies()->CreateStudy(&context, request, &study);
  }
  grpc::Status Find(const std::string& name, v1::Study& study) {
    grpc::ClientContext context;
    v1::GetStudyRequest request;
    request.set_name(name);
    return Studies()->GetStudy(&context, request, &study);
  }
  grpc::Status Cancel(const std::string& name, v1::Study& study) {
    grpc::ClientContext context;
    v1::CancelStudyRequest request;
    request.set_name(name);
    return Studies()->CancelStudy(&context, request, &study);
  }
  v1::Study WaitForEnd(const std::string& name) {
    v1::Study study;
    EXPECT_TRUE(Find(name, study).ok());
    for (const v1::StudyPoint& point : study.points()) Watch(point.job());
    EXPECT_TRUE(Find(name, study).ok());
    return study;
  }
};

TEST_F(StudyServiceTest, AStudyIsItsJobs) {
  v1::Study study;
  ASSERT_TRUE(Create(Request("short", 2), study).ok());
  EXPECT_EQ(study.name().rfind("studies/more-data-", 0), 0u);
  EXPECT_EQ(study.total_runs(), 12u);
  ASSERT_EQ(study.points_size(), 4);
  std::set<std::string> jobs;
  for (const v1::StudyPoint& point : study.points()) jobs.insert(point.job());
  EXPECT_EQ(jobs.size(), 4u);
  EXPECT_EQ(Get(study.points(1).job()).specification().data().subset().train_size(), 1000u);
  const v1::Study ended = WaitForEnd(study.name());
  EXPECT_EQ(ended.state(), v1::SUCCEEDED);
  EXPECT_EQ(ended.points_ended(), 4u);
  EXPECT_TRUE(ended.has_analysis());
}

TEST_F(StudyServiceTest, SurvivesARestart) {
  v1::Study study, again;
  ASSERT_TRUE(Create(Request("short", 2), study).ok());
  WaitForEnd(study.name());
  StopDaemon();
  StartDaemon();
  ASSERT_TRUE(Find("more-data", again).ok());
  EXPECT_EQ(again.name(), study.name());
  EXPECT_EQ(again.state(), v1::SUCCEEDED);
  ASSERT_TRUE(Find("@last", again).ok());
  EXPECT_EQ(again.name(), study.name());
}

TEST_F(StudyServiceTest, ARepeatedRequestMakesOneStudy) {
  v1::CreateStudyRequest request = Request("short", 2);
  request.set_request_id("id-1");
  v1::Study first, second;
  ASSERT_TRUE(Create(request, first).ok());
  ASSERT_TRUE(Create(request, second).ok());
  EXPECT_EQ(first.name(), second.name());
  request.mutable_specification()->set_seeds(4);
  const grpc::Status status = Create(request, second);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(DetailsOf(status).info.reason(), "REQUEST_ID_REUSED");
}

TEST_F(StudyServiceTest, WhatIsWrongAtEverySizeIsSaidOnce) {
  v1::Study study;
  const grpc::Status status = Create(Request("bad", 2), study);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const ErrorDetails details = DetailsOf(status);
  ASSERT_EQ(details.bad_request.field_violations_size(), 2);
  EXPECT_EQ(details.bad_request.field_violations(0).field(),
            "contenders[0].specification.model.layers[2].units");
  EXPECT_EQ(Create(v1::CreateStudyRequest(), study).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(StudyServiceTest, ValidateOnlyMakesNothing) {
  v1::CreateStudyRequest request = Request("short", 2);
  request.set_validate_only(true);
  v1::Study study;
  ASSERT_TRUE(Create(request, study).ok());
  EXPECT_EQ(study.points_size(), 4);
  EXPECT_EQ(study.points(0).job(), "");
  EXPECT_EQ(Find("@last", study).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(StudyServiceTest, AFullQueueTakesNoPartOfAStudy) {
  StopDaemon();
  options_.jobs.max_queued_jobs = 3;
  StartDaemon();
  v1::Study study;
  const grpc::Status status = Create(Request("short", 2), study);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(Find("@last", study).error_code(), grpc::StatusCode::NOT_FOUND);
  grpc::ClientContext context;
  v1::ListJobsResponse jobs;
  ASSERT_TRUE(jobs_->ListJobs(&context, {}, &jobs).ok());
  EXPECT_EQ(jobs.jobs_size(), 0);
}

TEST_F(StudyServiceTest, CancelStopsWhatHasNotEnded) {
  v1::Study study;
  ASSERT_TRUE(Create(Request("long", 1'000'000), study).ok());
  ASSERT_TRUE(Cancel(study.name(), study).ok());
  const v1::Study ended = WaitForEnd(study.name());
  EXPECT_EQ(ended.state(), v1::CANCELLED);
  for (const v1::StudyPoint& point : ended.points()) EXPECT_TRUE(IsTerminal(point.state()));
  const grpc::Status again = Cancel(study.name(), study);
  EXPECT_EQ(again.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(again).info.reason(), "STUDY_TERMINAL");
}

TEST_F(StudyServiceTest, ListsInPages) {
  v1::Study study;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Create(Request("short", 1), study).ok());
  v1::ListStudiesRequest request;
  request.set_page_size(2);
  v1::ListStudiesResponse page;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Studies()->ListStudies(&context, request, &page).ok());
  }
  ASSERT_EQ(page.studies_size(), 2);
  EXPECT_EQ(page.studies(0).name(), study.name());  // newest first
  EXPECT_EQ(page.studies(0).points_size(), 0);
  request.set_page_token(page.next_page_token());
  {
    grpc::ClientContext context;
    ASSERT_TRUE(Studies()->ListStudies(&context, request, &page).ok());
  }
  EXPECT_EQ(page.studies_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  request.set_page_token("garbage");
  grpc::ClientContext context;
  EXPECT_EQ(Studies()->ListStudies(&context, request, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(StudyServiceTest, UnknownStudiesAreNotFound) {
  v1::Study study;
  const grpc::Status status = Find("studies/none", study);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(DetailsOf(status).resource.resource_type(), "study");
}

}  // namespace
}  // namespace trainyard
