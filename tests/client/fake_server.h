// A server that answers from memory on a port of its own: jobs and logs are set by the test, and so
// are the moments at which it fails, cuts a stream or restarts. Thread-safe.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "client/lib/settings.h"
#include "engine/base/mutex.h"
#include "trainyard/v1/artifact_service.pb.h"
#include "trainyard/v1/catalog_service.pb.h"
#include "trainyard/v1/compare_service.pb.h"
#include "trainyard/v1/data_service.pb.h"
#include "trainyard/v1/forecast_service.pb.h"
#include "trainyard/v1/job_service.pb.h"
#include "trainyard/v1/study_service.pb.h"
#include "trainyard/v1/sweep_service.pb.h"

namespace grpc {
class Server;
class Status;
}  // namespace grpc

namespace trainyard::client {

// An error as the server sends it, with google.rpc details.
struct FakeError {
  int code = 0;  // grpc::StatusCode
  std::string message;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> violations;
  std::vector<std::pair<std::string, std::string>> quotas;
  int retry_milliseconds = -1;
};

struct FakeJob {
  v1::Job job;
  // Sequences 1, 2, 3 ... are given by AddEvent.
  std::vector<v1::Event> log;
  // Without it a watch stays open after the log.
  bool ended = false;

  FakeJob& AddEvent(v1::Event event);
  FakeJob& AddState(v1::JobState state, const std::string& reason = "",
                    const std::string& message = "");
  FakeJob& AddProgress(uint64_t step, uint64_t total, double epoch, double loss, double accuracy);
  FakeJob& AddMetrics(double epoch, const std::vector<std::pair<std::string, double>>& values);
  // Values of one step, for plots.
  FakeJob& AddValue(uint64_t step, const std::string& series, double value);
  // The terminal state and the end of the log.
  FakeJob& End(v1::JobState state, const std::string& reason = "", const std::string& message = "");
};

class FakeServer {
 public:
  FakeServer();
  ~FakeServer();

  // For the client under test: "127.0.0.1:PORT".
  Settings settings() const;
  std::string address() const;
  void Stop();
  // On the same port.
  void Start();

  FakeJob& AddJob(const std::string& id, v1::JobState state = v1::RUNNING);
  // The job that the next CreateJob makes; its log is played to watchers.
  void NextCreated(FakeJob job);
  void AddArtifact(const std::string& job, const std::string& name, const std::string& bytes);
  // A study as successive calls of GetStudy find it; the last one stays.
  void AddStudy(const std::string& id, std::vector<v1::Study> versions);
  // What the next CreateStudy makes of its request: that name and specification, these versions.
  void NextStudyCreated(std::vector<v1::Study> versions);
  // A sweep as successive calls of GetSweep find it; CreateSweep with its name answers it.
  void AddSweep(const std::string& id, std::vector<v1::Sweep> versions);
  // What CompareJobs and DiffJobs answer.
  void SetComparison(v1::Comparison comparison);
  void SetDiff(v1::DiffJobsResponse diff);
  // The one forecast that there is, whatever is asked for.
  void SetForecast(v1::Forecast forecast);
  // The next calls, of whatever method, fail so; then all is well again.
  void FailNext(const FakeError& error, int times = 1);
  // The next streams end after so many frames (or bytes, for downloads), one value a stream, with
  // this code.
  void CutStreams(std::vector<int> after, int code);
  void LoseEvent(uint64_t sequence);  // a hole in the log that is sent
  void RepeatOnResume();              // resumed streams begin one event too early
  void CorruptArtifacts();            // bytes that do not match their hash

  std::vector<v1::CreateJobRequest> created() const;
  std::vector<v1::ListJobsRequest> listed() const;
  std::vector<v1::CompareJobsRequest> compared() const;
  std::vector<v1::CreateForecastRequest> created_forecasts() const;
  // That were uploaded, by hash; some may not be whole.
  std::map<std::string, std::string> contents() const;
  std::vector<v1::CreateDatasetVersionRequest> versions() const;
  std::vector<v1::CreateStudyRequest> created_studies() const;
  std::vector<v1::ExtendStudyRequest> extensions() const;
  std::vector<v1::CreateSweepRequest> created_sweeps() const;
  int calls() const;
  int streams() const;
  std::string last_authorization() const;

  struct State;

 private:
  std::unique_ptr<State> state_;
  std::vector<std::unique_ptr<void, void (*)(void*)>> services_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

}  // namespace trainyard::client
