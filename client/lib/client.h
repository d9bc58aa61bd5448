// The server's API as functions: typed calls with deadlines, retries that are safe (every change
// carries a request_id, made here where the caller gave none), errors with their details
// (errors.h).
//
//   Client client(settings, CallPolicy());
//   ASSIGN_OR_RETURN(v1::Job job, client.GetJob("jobs/lenet"));
//
// Streams have their own headers: watch.h, download.h, upload.h. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/lib/connection.h"

namespace trainyard::v1 {
class CompareJobsRequest;
class Comparison;
class ComponentDescription;
class CreateDatasetVersionRequest;
class CreateDatasetVersionResponse;
class CreateJobRequest;
class Dataset;
class DatasetDescription;
class DatasetVersion;
class FindMissingContentsRequest;
class FindMissingContentsResponse;
class CreateStudyRequest;
class CreateSweepRequest;
class ExtendStudyRequest;
class DiffJobsRequest;
class DiffJobsResponse;
class Forecast;
class CreateForecastRequest;
class ListForecastsRequest;
class ListForecastsResponse;
class ScoreForecastRequest;
class Job;
class ListArtifactsResponse;
class ListComponentsResponse;
class ListDatasetFilesRequest;
class ListDatasetFilesResponse;
class ListDatasetVersionsRequest;
class ListDatasetVersionsResponse;
class ListDatasetsRequest;
class ListDatasetsResponse;
class ListJobsRequest;
class ListJobsResponse;
class ListSeriesRequest;
class ListSeriesResponse;
class ListStudiesRequest;
class ListStudiesResponse;
class ListSweepsRequest;
class ListSweepsResponse;
class ReadLogsRequest;
class ReadLogsResponse;
class ReadSeriesRequest;
class ReadSeriesResponse;
class ServerInfo;
class Study;
class Sweep;
}  // namespace trainyard::v1

namespace trainyard::client {

class Client {
 public:
  Client(Settings settings, CallPolicy policy);
  ~Client();

  absl::StatusOr<v1::Job> CreateJob(v1::CreateJobRequest request);
  absl::StatusOr<v1::Job> GetJob(const std::string& name);
  absl::StatusOr<v1::ListJobsResponse> ListJobs(const v1::ListJobsRequest& request);
  absl::StatusOr<v1::Job> CancelJob(const std::string& name);
  absl::StatusOr<v1::ListSeriesResponse> ListSeries(const v1::ListSeriesRequest& request);
  absl::StatusOr<v1::ReadSeriesResponse> ReadSeries(const v1::ReadSeriesRequest& request);
  absl::StatusOr<v1::ReadLogsResponse> ReadLogs(const v1::ReadLogsRequest& request);
  absl::StatusOr<v1::Comparison> CompareJobs(const v1::CompareJobsRequest& request);
  absl::StatusOr<v1::DiffJobsResponse> DiffJobs(const v1::DiffJobsRequest& request);
  absl::StatusOr<v1::ListArtifactsResponse> ListArtifacts(const std::string& job);
  absl::StatusOr<v1::ListDatasetsResponse> ListDatasets(const v1::ListDatasetsRequest& request);
  absl::StatusOr<v1::ListDatasetVersionsResponse> ListDatasetVersions(
      const v1::ListDatasetVersionsRequest& request);
  absl::StatusOr<v1::ListDatasetFilesResponse> ListDatasetFiles(
      const v1::ListDatasetFilesRequest& request);
  // "flowers" or "flowers@3", as the three below.
  absl::StatusOr<v1::DatasetDescription> DescribeDatasetVersion(const std::string& name);
  absl::StatusOr<v1::Dataset> DeleteDataset(const std::string& name);
  absl::StatusOr<v1::DatasetVersion> DeleteDatasetVersion(const std::string& name);
  // See upload.h.
  absl::StatusOr<v1::FindMissingContentsResponse> FindMissingContents(
      const v1::FindMissingContentsRequest& request);
  absl::StatusOr<v1::CreateDatasetVersionResponse> CreateDatasetVersion(
      const v1::CreateDatasetVersionRequest& request);
  // `kind` empty: all.
  absl::StatusOr<v1::ListComponentsResponse> ListComponents(const std::string& kind);
  absl::StatusOr<v1::ComponentDescription> GetComponent(const std::string& kind,
                                                        const std::string& type);
  absl::StatusOr<v1::ServerInfo> GetServerInfo();
  absl::StatusOr<v1::Study> CreateStudy(v1::CreateStudyRequest request);
  // With points and their analysis.
  absl::StatusOr<v1::Study> GetStudy(const std::string& name);
  absl::StatusOr<v1::ListStudiesResponse> ListStudies(const v1::ListStudiesRequest& request);
  absl::StatusOr<v1::Study> ExtendStudy(v1::ExtendStudyRequest request);
  absl::StatusOr<v1::Study> CancelStudy(const std::string& name);
  absl::StatusOr<v1::Sweep> CreateSweep(v1::CreateSweepRequest request);
  // With trials, decisions and the best.
  absl::StatusOr<v1::Sweep> GetSweep(const std::string& name);
  absl::StatusOr<v1::ListSweepsResponse> ListSweeps(const v1::ListSweepsRequest& request);
  absl::StatusOr<v1::Sweep> StopSweep(const std::string& name);
  absl::StatusOr<v1::Forecast> CreateForecast(const v1::CreateForecastRequest& request);
  absl::StatusOr<v1::Forecast> GetForecast(const std::string& name);
  absl::StatusOr<v1::ListForecastsResponse> ListForecasts(const v1::ListForecastsRequest& request);
  absl::StatusOr<v1::Forecast> ScoreForecast(const v1::ScoreForecastRequest& request);
  absl::StatusOr<v1::Forecast> DeleteForecast(const std::string& name);

  Connection& connection() { return connection_; }

 private:
  Connection connection_;
};

// 128 random bits in hex.
std::string NewRequestId();

}  // namespace trainyard::client
