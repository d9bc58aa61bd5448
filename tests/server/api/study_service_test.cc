#include <map>
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

class StudyExtensionServiceTest : public StudyServiceTest {
 protected:
  // Adds size 5,000, and a contender where it has a name.
  static v1::ExtendStudyRequest Addition(const std::string& study, const std::string& contender) {
    v1::ExtendStudyRequest request;
    request.set_name(study);
    request.mutable_specification()->add_sizes(5000);
    if (contender.empty()) return request;
    v1::Contender& line = *request.mutable_specification()->add_contenders();
    line.set_name(contender);
    line.mutable_specification()->mutable_budget()->set_steps(2);
    line.mutable_specification()->mutable_checkpoint()->set_every_steps(1000);
    return request;
  }
  grpc::Status Extend(const v1::ExtendStudyRequest& request, v1::Study& study) {
    grpc::ClientContext context;
    return Studies()->ExtendStudy(&context, request, &study);
  }
  static std::map<std::string, std::string> JobsOf(const v1::Study& study) {
    std::map<std::string, std::string> jobs;
    for (const v1::StudyPoint& point : study.points())
      jobs[point.contender() + std::to_string(point.size())] = point.job();
    return jobs;
  }
};

TEST_F(StudyExtensionServiceTest, OnlyNewPointsBecomeJobs) {
  v1::Study study;
  ASSERT_TRUE(Create(Request("short", 2), study).ok());
  const v1::Study before = WaitForEnd(study.name());
  ASSERT_EQ(before.state(), v1::SUCCEEDED);
  v1::Study extended;
  const grpc::Status status = Extend(Addition("more-data", "third"), extended);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(extended.name(), study.name());
  // short and other at 5,000, third at 100, 1,000 and 5,000.
  ASSERT_EQ(extended.points_size(), 9);
  EXPECT_EQ(extended.total_runs(), 27u);
  const v1::Study after = WaitForEnd(study.name());
  EXPECT_EQ(after.state(), v1::SUCCEEDED);
  EXPECT_EQ(after.points_ended(), 9u);
  EXPECT_EQ(after.analysis().points(), 9u);
  auto jobs = JobsOf(after);
  for (const auto& [point, job] : JobsOf(before)) EXPECT_EQ(jobs[point], job);
  grpc::ClientContext context;
  v1::ListJobsResponse all;
  ASSERT_TRUE(jobs_->ListJobs(&context, {}, &all).ok());
  EXPECT_EQ(all.jobs_size(), 9);
  EXPECT_EQ(Get(jobs["short5000"]).specification().data().subset().train_size(), 5000u);
}

TEST_F(StudyExtensionServiceTest, SurvivesARestartAndIsMadeOnce) {
  v1::Study study, first, second;
  ASSERT_TRUE(Create(Request("long", 1'000'000), study).ok());
  v1::ExtendStudyRequest request = Addition(study.name(), "");
  request.set_request_id("id-7");
  ASSERT_TRUE(Extend(request, first).ok()) << "a study that runs is extended too";
  EXPECT_EQ(first.state(), v1::RUNNING);
  StopDaemon();
  StartDaemon();
  ASSERT_TRUE(Extend(request, second).ok());
  EXPECT_EQ(JobsOf(first), JobsOf(second));
  EXPECT_EQ(second.points_size(), 6);
  request.mutable_specification()->add_sizes(6000);
  EXPECT_EQ(DetailsOf(Extend(request, second)).info.reason(), "REQUEST_ID_REUSED");
  ASSERT_TRUE(Cancel(study.name(), study).ok());
  request.clear_request_id();
  const grpc::Status refused = Extend(request, second);
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(refused).info.reason(), "STUDY_CANCELLED");
  WaitForEnd(study.name());
}

TEST_F(StudyExtensionServiceTest, ValidateOnlyCountsWhatIsNew) {
  v1::Study study, preview;
  ASSERT_TRUE(Create(Request("short", 2), study).ok());
  v1::ExtendStudyRequest request = Addition(study.name(), "third");
  request.set_validate_only(true);
  ASSERT_TRUE(Extend(request, preview).ok());
  EXPECT_EQ(preview.points_size(), 5);
  EXPECT_EQ(preview.total_runs(), 15u);
  EXPECT_EQ(preview.points(0).job(), "");
  ASSERT_TRUE(Find(study.name(), study).ok());
  EXPECT_EQ(study.points_size(), 4);
}

TEST_F(StudyExtensionServiceTest, RefusalsNameTheirPlaceInTheAddition) {
  v1::Study study, extended;
  ASSERT_TRUE(Create(Request("short", 2), study).ok());
  v1::ExtendStudyRequest request = Addition(study.name(), "bad");
  grpc::Status status = Extend(request, extended);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(),
            "contenders[0].specification.model.layers[2].units");
  request = Addition(study.name(), "");
  request.mutable_specification()->set_seeds(9);
  status = Extend(request, extended);
  EXPECT_EQ(DetailsOf(status).bad_request.field_violations(0).field(), "seeds");
  EXPECT_EQ(Extend(Addition("studies/none", ""), extended).error_code(),
            grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(Extend(v1::ExtendStudyRequest(), extended).ok(), false);
  ASSERT_TRUE(Find(study.name(), study).ok());
  EXPECT_EQ(study.points_size(), 4);
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
