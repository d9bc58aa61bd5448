#include "server/api/forecast_service.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "server/api/forecast_making.h"
#include "server/api/paging.h"
#include "server/rpc/status_mapping.h"
#include "server/store/names.h"
#include "server/studies/study_forecast.h"
#include "server/studies/study_reading.h"

namespace trainyard {
namespace {

constexpr double kMostSize = 1e15;
constexpr char kPageScope[] = "forecasts";

bool IsSize(double value) { return std::isfinite(value) && value >= 0 && value <= kMostSize; }

// What the request asks for, in numbers.
absl::StatusOr<v1::Forecast> Wanted(const v1::CreateForecastRequest& request,
                                    const v1::StudySpecification& study) {
  Violations violations;
  if ((request.samples() != 0) == (request.factor() != 0)) {
    violations.Add("samples", "required: samples, or factor, and not both");
  } else if (!IsSize(request.samples()) || !IsSize(request.factor())) {
    violations.Add(request.samples() != 0 ? "samples" : "factor",
                   absl::StrCat("must be above 0 and at most ", kMostSize));
  }
  if (!IsSize(request.parameters()))
    violations.Add("parameters", absl::StrCat("must be above 0 and at most ", kMostSize));
  std::vector<std::string> names;
  for (const v1::Contender& contender : study.contenders()) names.push_back(contender.name());
  v1::Forecast wanted;
  wanted.set_parameters(request.parameters());
  if (request.parameters() == 0) {
    wanted.set_contender(request.contender().empty() && names.size() == 1 ? names[0]
                                                                          : request.contender());
    if (std::find(names.begin(), names.end(), wanted.contender()) == names.end()) {
      violations.Add("contender",
                     absl::StrCat(wanted.contender().empty() ? "required" : "is none of the study",
                                  Suggestion(wanted.contender(), names), "; there are ",
                                  absl::StrJoin(names, ", ")));
    }
  } else if (!request.contender().empty()) {
    violations.Add("contender", "not allowed beside parameters: the law is that of all networks");
  }
  const double largest = study.sizes().empty() ? 0 : static_cast<double>(*study.sizes().rbegin());
  wanted.set_samples(request.samples() != 0 ? request.samples()
                                            : std::round(request.factor() * largest));
  if (violations.empty() && (wanted.samples() < 1 || wanted.samples() > kMostSize))
    violations.Add("factor", absl::StrCat("gives ", wanted.samples(), " samples"));
  if (!violations.empty()) return ViolationsError(violations, "INVALID_REQUEST");
  return wanted;
}

}  // namespace

grpc::ServerUnaryReactor* ForecastServiceHandler::CreateForecast(
    grpc::CallbackServerContext* context, const v1::CreateForecastRequest* request,
    v1::Forecast* response) {
  return checks_.Run(context, [=, this] { return Create(*request, *response); });
}

absl::Status ForecastServiceHandler::Create(const v1::CreateForecastRequest& request,
                                            v1::Forecast& response) {
  ASSIGN_OR_RETURN(v1::Study study, studies_.Get(request.study()));
  ASSIGN_OR_RETURN(const v1::Forecast wanted, Wanted(request, study.specification()));
  ASSIGN_OR_RETURN(const double test_samples, FillPoints(jobs_, study));
  ASSIGN_OR_RETURN(StoredForecast made, MakeForecast(jobs_, checker_, study, wanted, test_samples));
  ASSIGN_OR_RETURN(response, forecasts_.Insert(std::move(made), ForecastLabel(wanted), KernelRandom,
                                               clock_.Now()));
  return absl::OkStatus();
}

absl::Status ForecastServiceHandler::Score(v1::Forecast& forecast, const std::string& job) {
  ASSIGN_OR_RETURN(const v1::Job measured, jobs_.GetJob(job));
  ASSIGN_OR_RETURN(*forecast.mutable_score(), ScoreBy(forecast, measured));
  *forecast.mutable_score()->mutable_time() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(clock_.Now().count());
  return forecasts_.Update(forecast);
}

absl::Status ForecastServiceHandler::ScoreIfMeasured(StoredForecast& stored) {
  if (stored.forecast.has_score()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string job, jobs_.FindResult(stored.result_key));
  return job.empty() ? absl::OkStatus() : Score(stored.forecast, job);
}

grpc::ServerUnaryReactor* ForecastServiceHandler::GetForecast(grpc::CallbackServerContext* context,
                                                              const v1::GetForecastRequest* request,
                                                              v1::Forecast* response) {
  return checks_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(StoredForecast stored, forecasts_.Get(request->name()));
    RETURN_IF_ERROR(ScoreIfMeasured(stored));
    *response = std::move(stored.forecast);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ForecastServiceHandler::ListForecasts(
    grpc::CallbackServerContext* context, const v1::ListForecastsRequest* request,
    v1::ListForecastsResponse* response) {
  return checks_.Run(context, [=, this] { return List(*request, *response); });
}

absl::Status ForecastServiceHandler::List(const v1::ListForecastsRequest& request,
                                          v1::ListForecastsResponse& response) {
  ASSIGN_OR_RETURN(const PageQuery query,
                   ReadPageQuery(kPageScope, request.page_size(), request.page_token()));
  ASSIGN_OR_RETURN(std::vector<StoredForecast> waiting, forecasts_.Unscored());
  for (StoredForecast& forecast : waiting) RETURN_IF_ERROR(ScoreIfMeasured(forecast));
  int64_t last = 0;
  ASSIGN_OR_RETURN(std::vector<StoredForecast> page,
                   forecasts_.List(query.size, request.scored(), query.before_id, last));
  for (StoredForecast& stored : page) *response.add_forecasts() = std::move(stored.forecast);
  response.set_next_page_token(NextPageToken(kPageScope, last));
  ASSIGN_OR_RETURN(const std::vector<v1::Forecast> scored, forecasts_.Scored());
  *response.mutable_record() = RecordOf(scored);
  ASSIGN_OR_RETURN(const int64_t count, forecasts_.Count());
  response.mutable_record()->set_forecasts(static_cast<uint32_t>(count));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ForecastServiceHandler::ScoreForecast(
    grpc::CallbackServerContext* context, const v1::ScoreForecastRequest* request,
    v1::Forecast* response) {
  return checks_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(StoredForecast stored, forecasts_.Get(request->name()));
    ASSIGN_OR_RETURN(const std::string job, jobs_.ResolveName(request->job(), "job"));
    RETURN_IF_ERROR(Score(stored.forecast, job));
    *response = std::move(stored.forecast);
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ForecastServiceHandler::DeleteForecast(
    grpc::CallbackServerContext* context, const v1::DeleteForecastRequest* request,
    v1::Forecast* response) {
  return checks_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(StoredForecast stored, forecasts_.Get(request->name()));
    RETURN_IF_ERROR(forecasts_.Delete(stored.forecast.name()));
    *response = std::move(stored.forecast);
    return absl::OkStatus();
  });
}

}  // namespace trainyard
