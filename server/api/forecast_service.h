// ForecastService: forecasts from studies, kept and scored. Thread-safe.
#pragma once

#include <string>

#include "engine/base/clock.h"
#include "server/api/specification_checker.h"
#include "server/rpc/calls.h"
#include "server/store/forecast_store.h"
#include "server/store/job_store.h"
#include "server/store/study_store.h"
#include "trainyard/v1/forecast_service.grpc.pb.h"

namespace trainyard {

class ForecastServiceHandler final : public v1::ForecastService::CallbackService {
 public:
  // `checks`: for calls that fit laws, which may take seconds.
  ForecastServiceHandler(Calls& checks, const JobStore& jobs, const StudyStore& studies,
                         ForecastStore& forecasts, const SpecificationChecker& checker,
                         const Clock& clock)
      : checks_(checks),
        jobs_(jobs),
        studies_(studies),
        forecasts_(forecasts),
        checker_(checker),
        clock_(clock) {}

  grpc::ServerUnaryReactor* CreateForecast(grpc::CallbackServerContext* context,
                                           const v1::CreateForecastRequest* request,
                                           v1::Forecast* response) override;
  grpc::ServerUnaryReactor* GetForecast(grpc::CallbackServerContext* context,
                                        const v1::GetForecastRequest* request,
                                        v1::Forecast* response) override;
  grpc::ServerUnaryReactor* ListForecasts(grpc::CallbackServerContext* context,
                                          const v1::ListForecastsRequest* request,
                                          v1::ListForecastsResponse* response) override;
  grpc::ServerUnaryReactor* ScoreForecast(grpc::CallbackServerContext* context,
                                          const v1::ScoreForecastRequest* request,
                                          v1::Forecast* response) override;
  grpc::ServerUnaryReactor* DeleteForecast(grpc::CallbackServerContext* context,
                                           const v1::DeleteForecastRequest* request,
                                           v1::Forecast* response) override;

 private:
  absl::Status Create(const v1::CreateForecastRequest& request, v1::Forecast& response);
  absl::Status List(const v1::ListForecastsRequest& request, v1::ListForecastsResponse& response);
  absl::Status Score(v1::Forecast& forecast, const std::string& job);
  // Scores it where a job has come that measures it.
  absl::Status ScoreIfMeasured(StoredForecast& stored);

  Calls& checks_;
  const JobStore& jobs_;
  const StudyStore& studies_;
  ForecastStore& forecasts_;
  const SpecificationChecker& checker_;
  const Clock& clock_;
};

}  // namespace trainyard
