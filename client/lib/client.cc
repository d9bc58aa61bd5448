#include "client/lib/client.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <random>

#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "trainyard/v1/artifact_service.grpc.pb.h"
#include "trainyard/v1/catalog_service.grpc.pb.h"
#include "trainyard/v1/compare_service.grpc.pb.h"
#include "trainyard/v1/data_service.grpc.pb.h"
#include "trainyard/v1/forecast_service.grpc.pb.h"
#include "trainyard/v1/job_service.grpc.pb.h"
#include "trainyard/v1/metric_service.grpc.pb.h"
#include "trainyard/v1/server_service.grpc.pb.h"
#include "trainyard/v1/study_service.grpc.pb.h"
#include "trainyard/v1/sweep_service.grpc.pb.h"

namespace trainyard::client {
namespace {

// One unary method of one service: `method` is a pointer to the generated stub's member.
template <typename Service, typename Request, typename Response>
absl::StatusOr<Response> Call(Connection& connection,
                              grpc::Status (Service::Stub::*method)(grpc::ClientContext*,
                                                                    const Request&, Response*),
                              const Request& request) {
  const auto stub = Service::NewStub(connection.channel());
  Response response;
  RETURN_IF_ERROR(connection.Call([&](grpc::ClientContext& context) {
    response.Clear();
    return ((*stub).*method)(&context, request, &response);
  }));
  return response;
}

}  // namespace

std::string NewRequestId() {
  std::random_device device;
  return absl::StrFormat("%08x%08x%08x%08x", device(), device(), device(), device());
}

Client::Client(Settings settings, CallPolicy policy) : connection_(std::move(settings), policy) {}
Client::~Client() = default;

absl::StatusOr<v1::Job> Client::CreateJob(v1::CreateJobRequest request) {
  if (request.request_id().empty() && !request.validate_only())
    request.set_request_id(NewRequestId());
  return Call<v1::JobService>(connection_, &v1::JobService::Stub::CreateJob, request);
}

absl::StatusOr<v1::Job> Client::GetJob(const std::string& name) {
  v1::GetJobRequest request;
  request.set_name(name);
  return Call<v1::JobService>(connection_, &v1::JobService::Stub::GetJob, request);
}

absl::StatusOr<v1::ListJobsResponse> Client::ListJobs(const v1::ListJobsRequest& request) {
  return Call<v1::JobService>(connection_, &v1::JobService::Stub::ListJobs, request);
}

absl::StatusOr<v1::Job> Client::CancelJob(const std::string& name) {
  v1::CancelJobRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  return Call<v1::JobService>(connection_, &v1::JobService::Stub::CancelJob, request);
}

absl::StatusOr<v1::ListSeriesResponse> Client::ListSeries(const v1::ListSeriesRequest& request) {
  return Call<v1::MetricService>(connection_, &v1::MetricService::Stub::ListSeries, request);
}

absl::StatusOr<v1::ReadSeriesResponse> Client::ReadSeries(const v1::ReadSeriesRequest& request) {
  return Call<v1::MetricService>(connection_, &v1::MetricService::Stub::ReadSeries, request);
}

absl::StatusOr<v1::ReadLogsResponse> Client::ReadLogs(const v1::ReadLogsRequest& request) {
  return Call<v1::MetricService>(connection_, &v1::MetricService::Stub::ReadLogs, request);
}

absl::StatusOr<v1::Comparison> Client::CompareJobs(const v1::CompareJobsRequest& request) {
  return Call<v1::CompareService>(connection_, &v1::CompareService::Stub::CompareJobs, request);
}

absl::StatusOr<v1::DiffJobsResponse> Client::DiffJobs(const v1::DiffJobsRequest& request) {
  return Call<v1::CompareService>(connection_, &v1::CompareService::Stub::DiffJobs, request);
}

absl::StatusOr<v1::ListArtifactsResponse> Client::ListArtifacts(const std::string& job) {
  v1::ListArtifactsRequest request;
  request.set_job(job);
  return Call<v1::ArtifactService>(connection_, &v1::ArtifactService::Stub::ListArtifacts, request);
}

absl::StatusOr<v1::ListDatasetsResponse> Client::ListDatasets(
    const v1::ListDatasetsRequest& request) {
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::ListDatasets, request);
}

absl::StatusOr<v1::ListDatasetVersionsResponse> Client::ListDatasetVersions(
    const v1::ListDatasetVersionsRequest& request) {
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::ListDatasetVersions, request);
}

absl::StatusOr<v1::ListDatasetFilesResponse> Client::ListDatasetFiles(
    const v1::ListDatasetFilesRequest& request) {
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::ListDatasetFiles, request);
}

absl::StatusOr<v1::DatasetDescription> Client::DescribeDatasetVersion(const std::string& name) {
  v1::DescribeDatasetVersionRequest request;
  request.set_name(name);
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::DescribeDatasetVersion,
                               request);
}

absl::StatusOr<v1::Dataset> Client::DeleteDataset(const std::string& name) {
  v1::DeleteDatasetRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::DeleteDataset, request);
}

absl::StatusOr<v1::DatasetVersion> Client::DeleteDatasetVersion(const std::string& name) {
  v1::DeleteDatasetVersionRequest request;
  request.set_name(name);
  request.set_request_id(NewRequestId());
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::DeleteDatasetVersion, request);
}

absl::StatusOr<v1::FindMissingContentsResponse> Client::FindMissingContents(
    const v1::FindMissingContentsRequest& request) {
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::FindMissingContents, request);
}

absl::StatusOr<v1::CreateDatasetVersionResponse> Client::CreateDatasetVersion(
    const v1::CreateDatasetVersionRequest& request) {
  return Call<v1::DataService>(connection_, &v1::DataService::Stub::CreateDatasetVersion, request);
}

absl::StatusOr<v1::ListComponentsResponse> Client::ListComponents(const std::string& kind) {
  v1::ListComponentsRequest request;
  request.set_kind(kind);
  return Call<v1::CatalogService>(connection_, &v1::CatalogService::Stub::ListComponents, request);
}

absl::StatusOr<v1::ComponentDescription> Client::GetComponent(const std::string& kind,
                                                              const std::string& type) {
  v1::GetComponentRequest request;
  request.set_kind(kind);
  request.set_type(type);
  return Call<v1::CatalogService>(connection_, &v1::CatalogService::Stub::GetComponent, request);
}

absl::StatusOr<v1::ServerInfo> Client::GetServerInfo() {
  return Call<v1::ServerService>(connection_, &v1::ServerService::Stub::GetServerInfo,
                                 v1::GetServerInfoRequest());
}

absl::StatusOr<v1::Study> Client::CreateStudy(v1::CreateStudyRequest request) {
  if (request.request_id().empty() && !request.validate_only())
    request.set_request_id(NewRequestId());
  return Call<v1::StudyService>(connection_, &v1::StudyService::Stub::CreateStudy, request);
}

absl::StatusOr<v1::Study> Client::GetStudy(const std::string& name) {
  v1::GetStudyRequest request;
  request.set_name(name);
  return Call<v1::StudyService>(connection_, &v1::StudyService::Stub::GetStudy, request);
}

absl::StatusOr<v1::ListStudiesResponse> Client::ListStudies(const v1::ListStudiesRequest& request) {
  return Call<v1::StudyService>(connection_, &v1::StudyService::Stub::ListStudies, request);
}

absl::StatusOr<v1::Study> Client::ExtendStudy(v1::ExtendStudyRequest request) {
  if (request.request_id().empty() && !request.validate_only())
    request.set_request_id(NewRequestId());
  return Call<v1::StudyService>(connection_, &v1::StudyService::Stub::ExtendStudy, request);
}

absl::StatusOr<v1::Study> Client::CancelStudy(const std::string& name) {
  v1::CancelStudyRequest request;
  request.set_name(name);
  return Call<v1::StudyService>(connection_, &v1::StudyService::Stub::CancelStudy, request);
}

absl::StatusOr<v1::Sweep> Client::CreateSweep(v1::CreateSweepRequest request) {
  if (request.request_id().empty() && !request.validate_only())
    request.set_request_id(NewRequestId());
  return Call<v1::SweepService>(connection_, &v1::SweepService::Stub::CreateSweep, request);
}

absl::StatusOr<v1::Sweep> Client::GetSweep(const std::string& name) {
  v1::GetSweepRequest request;
  request.set_name(name);
  return Call<v1::SweepService>(connection_, &v1::SweepService::Stub::GetSweep, request);
}

absl::StatusOr<v1::ListSweepsResponse> Client::ListSweeps(const v1::ListSweepsRequest& request) {
  return Call<v1::SweepService>(connection_, &v1::SweepService::Stub::ListSweeps, request);
}

absl::StatusOr<v1::Sweep> Client::StopSweep(const std::string& name) {
  v1::StopSweepRequest request;
  request.set_name(name);
  return Call<v1::SweepService>(connection_, &v1::SweepService::Stub::StopSweep, request);
}

absl::StatusOr<v1::Forecast> Client::CreateForecast(const v1::CreateForecastRequest& request) {
  return Call<v1::ForecastService>(connection_, &v1::ForecastService::Stub::CreateForecast,
                                   request);
}

absl::StatusOr<v1::Forecast> Client::GetForecast(const std::string& name) {
  v1::GetForecastRequest request;
  request.set_name(name);
  return Call<v1::ForecastService>(connection_, &v1::ForecastService::Stub::GetForecast, request);
}

absl::StatusOr<v1::ListForecastsResponse> Client::ListForecasts(
    const v1::ListForecastsRequest& request) {
  return Call<v1::ForecastService>(connection_, &v1::ForecastService::Stub::ListForecasts, request);
}

absl::StatusOr<v1::Forecast> Client::ScoreForecast(const v1::ScoreForecastRequest& request) {
  return Call<v1::ForecastService>(connection_, &v1::ForecastService::Stub::ScoreForecast, request);
}

absl::StatusOr<v1::Forecast> Client::DeleteForecast(const std::string& name) {
  v1::DeleteForecastRequest request;
  request.set_name(name);
  return Call<v1::ForecastService>(connection_, &v1::ForecastService::Stub::DeleteForecast,
                                   request);
}

}  // namespace trainyard::client
