// What no forecast comes of; tests/e2e/forecast_test.sh makes real ones.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/server/support/daemon_fixture.h"
#include "trainyard/v1/forecast_service.grpc.pb.h"
#include "trainyard/v1/study_service.grpc.pb.h"

namespace trainyard {
namespace {

class ForecastServiceTest : public DaemonFixture {
 protected:
  ForecastServiceTest() {
    StartDaemon();
    forecasts_ = v1::ForecastService::NewStub(channel_);
    v1::CreateStudyRequest request;
    v1::StudySpecification& study = *request.mutable_specification();
    study.set_name("study");
    study.add_sizes(100);
    study.set_seeds(3);
    for (const char* name : {"mlp", "svm"}) {
      v1::Contender& line = *study.add_contenders();
      line.set_name(name);
      line.mutable_specification()->mutable_budget()->set_steps(1);
      line.mutable_specification()->mutable_checkpoint()->set_every_steps(1000);
    }
    grpc::ClientContext context;
    v1::Study made;
    EXPECT_TRUE(v1::StudyService::NewStub(channel_)->CreateStudy(&context, request, &made).ok());
  }
  static v1::CreateForecastRequest Request() {
    v1::CreateForecastRequest request;
    request.set_study("@last");
    request.set_contender("mlp");
    request.set_samples(1000);
    return request;
  }
  grpc::Status Create(const v1::CreateForecastRequest& request) {
    grpc::ClientContext context;
    v1::Forecast forecast;
    return forecasts_->CreateForecast(&context, request, &forecast);
  }
  // The one field that is wrong.
  std::string Wrong(const v1::CreateForecastRequest& request) {
    const grpc::Status status = Create(request);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    const ErrorDetails details = DetailsOf(status);
    if (details.bad_request.field_violations_size() != 1) return status.error_message();
    return details.bad_request.field_violations(0).field();
  }

  std::unique_ptr<v1::ForecastService::Stub> forecasts_;
};

TEST_F(ForecastServiceTest, WrongRequestsAreNamed) {
  v1::CreateForecastRequest request = Request();
  request.set_factor(2);
  EXPECT_EQ(Wrong(request), "samples");
  request = Request();
  request.clear_samples();
  EXPECT_EQ(Wrong(request), "samples");
  for (const double samples : {-1.0, 1e16, std::nan(""), HUGE_VAL}) {
    request.set_samples(samples);
    EXPECT_EQ(Wrong(request), "samples") << samples;
  }
  request = Request();
  request.set_contender("mpl");
  EXPECT_EQ(Wrong(request), "contender");
  request.set_contender("");
  EXPECT_EQ(Wrong(request), "contender");
  request = Request();
  request.set_parameters(1000);  // of all networks, and not of one
  EXPECT_EQ(Wrong(request), "contender");
  request = Request();
  request.set_parameters(std::nan(""));
  EXPECT_FALSE(Create(request).ok());
  request = Request();
  request.clear_samples();
  request.set_factor(1e-9);
  EXPECT_EQ(Wrong(request), "factor");
}

TEST_F(ForecastServiceTest, TooLittleIsAWrongState) {
  const grpc::Status status = Create(Request());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(DetailsOf(status).info.reason(), "INSUFFICIENT_DATA");
}

TEST_F(ForecastServiceTest, WhatIsNotThereIsNotFound) {
  v1::CreateForecastRequest request = Request();
  request.set_study("studies/none");
  EXPECT_EQ(Create(request).error_code(), grpc::StatusCode::NOT_FOUND);
  v1::Forecast forecast;
  {
    grpc::ClientContext context;
    v1::GetForecastRequest get;
    get.set_name("forecasts/none");
    const grpc::Status status = forecasts_->GetForecast(&context, get, &forecast);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
    EXPECT_EQ(DetailsOf(status).resource.resource_type(), "forecast");
  }
  grpc::ClientContext context;
  v1::DeleteForecastRequest remove;
  remove.set_name("@last");
  EXPECT_EQ(forecasts_->DeleteForecast(&context, remove, &forecast).error_code(),
            grpc::StatusCode::NOT_FOUND);
}

TEST_F(ForecastServiceTest, AnEmptyListHasAnEmptyRecord) {
  v1::ListForecastsRequest request;
  v1::ListForecastsResponse page;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(forecasts_->ListForecasts(&context, request, &page).ok());
  }
  EXPECT_EQ(page.forecasts_size(), 0);
  EXPECT_EQ(page.record().scored(), 0u);
  request.set_page_token("garbage");
  {
    grpc::ClientContext context;
    EXPECT_EQ(forecasts_->ListForecasts(&context, request, &page).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  request.clear_page_token();
  request.set_page_size(1001);
  grpc::ClientContext context;
  EXPECT_EQ(forecasts_->ListForecasts(&context, request, &page).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace trainyard
