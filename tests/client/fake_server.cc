#include "tests/client/fake_server.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/sha256.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
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

constexpr size_t kChunk = 1000;

grpc::Status ToGrpc(const FakeError& error) {
  google::rpc::Status details;
  details.set_code(error.code);
  details.set_message(error.message);
  if (!error.reason.empty()) {
    google::rpc::ErrorInfo info;
    info.set_reason(error.reason);
    info.set_domain("trainyard");
    details.add_details()->PackFrom(info);
  }
  google::rpc::BadRequest request;
  for (const auto& [field, description] : error.violations) {
    auto* violation = request.add_field_violations();
    violation->set_field(field);
    violation->set_description(description);
  }
  if (!error.violations.empty()) details.add_details()->PackFrom(request);
  google::rpc::QuotaFailure failure;
  for (const auto& [subject, description] : error.quotas) {
    auto* violation = failure.add_violations();
    violation->set_subject(subject);
    violation->set_description(description);
  }
  if (!error.quotas.empty()) details.add_details()->PackFrom(failure);
  if (error.retry_milliseconds >= 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(error.retry_milliseconds / 1000);
    retry.mutable_retry_delay()->set_nanos(error.retry_milliseconds % 1000 * 1'000'000);
    details.add_details()->PackFrom(retry);
  }
  return {static_cast<grpc::StatusCode>(error.code), error.message, details.SerializeAsString()};
}

grpc::Status NotFound(const std::string& name) {
  return {grpc::StatusCode::NOT_FOUND, name + " does not exist"};
}

}  // namespace

struct FakeServer::State {
  mutable Mutex mutex;
  std::map<std::string, FakeJob> jobs;
  std::vector<std::string> newest_first;
  std::deque<FakeJob> next_created;
  std::map<std::pair<std::string, std::string>, std::string> artifacts;
  std::map<std::string, std::string> contents;
  std::vector<v1::CreateDatasetVersionRequest> versions;
  std::map<std::string, std::deque<v1::Study>> studies;
  // All that it was, for its watches.
  std::map<std::string, std::vector<v1::Study>> study_histories;
  std::vector<std::string> newest_studies;
  std::vector<v1::Study> next_study;
  std::vector<v1::CreateStudyRequest> created_studies;
  std::vector<v1::ExtendStudyRequest> extensions;
  // By name.
  std::map<std::string, std::deque<v1::Sweep>> sweeps;
  std::vector<v1::CreateSweepRequest> created_sweeps;
  v1::Comparison comparison;
  v1::DiffJobsResponse diff;
  v1::Forecast forecast;
  std::vector<v1::CreateForecastRequest> created_forecasts;
  std::vector<v1::CompareJobsRequest> compared;
  std::deque<FakeError> failures;
  std::deque<int> cuts;
  int cut_code = 0;
  uint64_t lost_event = 0;
  bool repeat_on_resume = false;
  bool corrupt = false;
  std::vector<v1::CreateJobRequest> created;
  std::vector<v1::ListJobsRequest> listed;
  int calls = 0;
  int streams = 0;
  std::string authorization;

  // What every handler does first.
  grpc::Status Enter(const grpc::ServerContext& context) {
    ++calls;
    const auto found = context.client_metadata().find("authorization");
    if (found != context.client_metadata().end())
      authorization = {found->second.data(), found->second.size()};
    if (failures.empty()) return grpc::Status::OK;
    const grpc::Status status = ToGrpc(failures.front());
    failures.pop_front();
    return status;
  }
  int TakeCut() {
    if (cuts.empty()) return -1;
    const int cut = cuts.front();
    cuts.pop_front();
    return cut;
  }
};

namespace {

using State = FakeServer::State;

#define FAKE_ENTER(context)     \
  MutexLock lock(state_.mutex); \
  if (const grpc::Status entered = state_.Enter(*(context)); !entered.ok()) return entered

class Jobs final : public v1::JobService::Service {
 public:
  explicit Jobs(State& state) : state_(state) {}

  grpc::Status CreateJob(grpc::ServerContext* context, const v1::CreateJobRequest* request,
                         v1::Job* job) override {
    MutexLock lock(state_.mutex);
    state_.created.push_back(*request);
    if (const grpc::Status entered = state_.Enter(*context); !entered.ok()) return entered;
    FakeJob made;
    if (!state_.next_created.empty()) made = state_.next_created.front();
    *made.job.mutable_specification() = request->specification();
    if (request->validate_only()) {
      *job = made.job;
      return grpc::Status::OK;
    }
    if (!state_.next_created.empty()) state_.next_created.pop_front();
    const std::string name = "jobs/" + request->specification().name();
    made.job.set_name(name);
    if (made.job.state() == v1::JOB_STATE_UNSPECIFIED) made.job.set_state(v1::QUEUED);
    made.job.set_priority(request->priority());
    state_.jobs[name] = made;
    state_.newest_first.insert(state_.newest_first.begin(), name);
    *job = made.job;
    return grpc::Status::OK;
  }

  grpc::Status GetJob(grpc::ServerContext* context, const v1::GetJobRequest* request,
                      v1::Job* job) override {
    FAKE_ENTER(context);
    const std::string& name = request->name();
    std::vector<std::string> found;
    if (state_.jobs.count(name) != 0) {
      found.push_back(name);
    } else {
      for (const std::string& known : state_.newest_first) {
        if (name == "@last" ? found.empty() : absl::StartsWith(known, name)) found.push_back(known);
      }
    }
    if (found.empty()) return NotFound(name);
    if (found.size() > 1)
      return {grpc::StatusCode::INVALID_ARGUMENT, "several: " + absl::StrJoin(found, ", ")};
    *job = state_.jobs[found.front()].job;
    return grpc::Status::OK;
  }

  grpc::Status ListJobs(grpc::ServerContext* context, const v1::ListJobsRequest* request,
                        v1::ListJobsResponse* response) override {
    FAKE_ENTER(context);
    state_.listed.push_back(*request);
    const size_t size = request->page_size() == 0 ? 50 : static_cast<size_t>(request->page_size());
    size_t begin = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    for (; begin < state_.newest_first.size(); ++begin) {
      const std::string& name = state_.newest_first[begin];
      const std::string& filter = request->filter();
      if (absl::StartsWith(filter, "name:") && !absl::StartsWith(name, "jobs/" + filter.substr(5)))
        continue;
      if (static_cast<size_t>(response->jobs_size()) == size) {
        response->set_next_page_token(absl::StrCat(begin));
        break;
      }
      *response->add_jobs() = state_.jobs[name].job;
    }
    return grpc::Status::OK;
  }

  grpc::Status CancelJob(grpc::ServerContext* context, const v1::CancelJobRequest* request,
                         v1::Job* job) override {
    FAKE_ENTER(context);
    const auto found = state_.jobs.find(request->name());
    if (found == state_.jobs.end()) return NotFound(request->name());
    v1::Job& stored = found->second.job;
    if (stored.state() >= v1::SUCCEEDED) {
      return ToGrpc({grpc::StatusCode::FAILED_PRECONDITION,
                     request->name() + " has ended",
                     "JOB_TERMINAL",
                     {},
                     {},
                     -1});
    }
    stored.set_state(v1::CANCELLING);
    *job = stored;
    return grpc::Status::OK;
  }

  grpc::Status WatchJob(grpc::ServerContext* context, const v1::WatchJobRequest* request,
                        grpc::ServerWriter<v1::WatchJobResponse>* writer) override {
    FakeJob job;
    int cut = -1;
    int cut_code = 0;
    uint64_t lost = 0;
    uint64_t begin = request->resume_token().empty() ? 0 : std::stoul(request->resume_token());
    {
      FAKE_ENTER(context);
      ++state_.streams;
      const auto found = state_.jobs.find(request->name());
      if (found == state_.jobs.end()) return NotFound(request->name());
      job = found->second;
      cut = state_.TakeCut();
      cut_code = state_.cut_code;
      lost = state_.lost_event;
      if (state_.repeat_on_resume && begin > 0) --begin;
      if (request->from_now()) begin = job.log.size();
    }
    const grpc::Status lost_stream(static_cast<grpc::StatusCode>(cut_code), "cut");
    v1::WatchJobResponse frame;
    for (const v1::Event& event : job.log) {
      if (event.sequence() <= begin || event.sequence() == lost) continue;
      if (cut-- == 0) return lost_stream;
      *frame.mutable_event() = event;
      frame.set_resume_token(absl::StrCat(event.sequence()));
      if (!writer->Write(frame)) return grpc::Status::CANCELLED;
    }
    if (cut >= 0) return lost_stream;
    if (!job.ended) {
      while (!context->IsCancelled()) {  // until the client leaves or the server stops
        frame.mutable_heartbeat()->set_last_sequence(job.log.size());
        if (!writer->Write(frame)) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      return grpc::Status::CANCELLED;
    }
    frame.mutable_end()->set_state(job.job.state());
    frame.mutable_end()->set_reason(job.job.reason());
    frame.mutable_end()->set_message(job.job.message());
    writer->Write(frame);
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class Sweeps final : public v1::SweepService::Service {
 public:
  explicit Sweeps(State& state) : state_(state) {}

  grpc::Status CreateSweep(grpc::ServerContext* context, const v1::CreateSweepRequest* request,
                           v1::Sweep* sweep) override {
    MutexLock lock(state_.mutex);
    state_.created_sweeps.push_back(*request);
    if (const grpc::Status entered = state_.Enter(*context); !entered.ok()) return entered;
    const auto found = state_.sweeps.find("sweeps/" + request->specification().name());
    if (found == state_.sweeps.end()) return NotFound(request->specification().name());
    *sweep = found->second.front();
    return grpc::Status::OK;
  }

  grpc::Status GetSweep(grpc::ServerContext* context, const v1::GetSweepRequest* request,
                        v1::Sweep* sweep) override {
    FAKE_ENTER(context);
    for (auto& [known, versions] : state_.sweeps) {
      if (request->name() != "@last" && !absl::StartsWith(known, request->name())) continue;
      *sweep = versions.front();
      if (versions.size() > 1) versions.pop_front();
      return grpc::Status::OK;
    }
    return NotFound(request->name());
  }

  grpc::Status ListSweeps(grpc::ServerContext* context, const v1::ListSweepsRequest* request,
                          v1::ListSweepsResponse* response) override {
    FAKE_ENTER(context);
    for (const auto& [name, versions] : state_.sweeps) {
      v1::Sweep& sweep = *response->add_sweeps();
      sweep = versions.front();
      sweep.clear_trials();
    }
    return grpc::Status::OK;
  }

  grpc::Status StopSweep(grpc::ServerContext* context, const v1::StopSweepRequest* request,
                         v1::Sweep* sweep) override {
    FAKE_ENTER(context);
    v1::Sweep& stored = state_.sweeps[request->name()].front();
    if (stored.state() == v1::SUCCEEDED)
      return {grpc::StatusCode::FAILED_PRECONDITION, request->name() + " has ended"};
    stored.set_state(v1::CANCELLED);
    *sweep = stored;
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class Studies final : public v1::StudyService::Service {
 public:
  explicit Studies(State& state) : state_(state) {}

  grpc::Status CreateStudy(grpc::ServerContext* context, const v1::CreateStudyRequest* request,
                           v1::Study* study) override {
    MutexLock lock(state_.mutex);
    state_.created_studies.push_back(*request);
    if (const grpc::Status entered = state_.Enter(*context); !entered.ok()) return entered;
    std::deque<v1::Study> versions(state_.next_study.begin(), state_.next_study.end());
    if (versions.empty()) versions.emplace_back();
    for (v1::Study& version : versions) {
      if (!request->validate_only()) version.set_name("studies/" + request->specification().name());
      *version.mutable_specification() = request->specification();
    }
    *study = versions.front();
    if (request->validate_only()) return grpc::Status::OK;
    state_.studies[study->name()] = versions;
    state_.study_histories[study->name()] = {versions.begin(), versions.end()};
    state_.newest_studies.insert(state_.newest_studies.begin(), study->name());
    return grpc::Status::OK;
  }

  grpc::Status GetStudy(grpc::ServerContext* context, const v1::GetStudyRequest* request,
                        v1::Study* study) override {
    FAKE_ENTER(context);
    std::string name = request->name();
    if (name == "@last" && !state_.newest_studies.empty()) name = state_.newest_studies.front();
    for (auto& [known, versions] : state_.studies) {
      if (!absl::StartsWith(known, name)) continue;
      *study = versions.front();
      if (versions.size() > 1) versions.pop_front();
      return grpc::Status::OK;
    }
    return NotFound(name);
  }

  grpc::Status ListStudies(grpc::ServerContext* context, const v1::ListStudiesRequest* request,
                           v1::ListStudiesResponse* response) override {
    FAKE_ENTER(context);
    size_t at = request->page_token().empty() ? 0 : std::stoul(request->page_token());
    for (; at < state_.newest_studies.size(); ++at) {
      if (static_cast<uint32_t>(response->studies_size()) == request->page_size()) {
        response->set_next_page_token(absl::StrCat(at));
        break;
      }
      v1::Study& study = *response->add_studies();
      study = state_.studies[state_.newest_studies[at]].front();
      study.clear_points();
      study.clear_analysis();
    }
    return grpc::Status::OK;
  }

  grpc::Status ExtendStudy(grpc::ServerContext* context, const v1::ExtendStudyRequest* request,
                           v1::Study* study) override {
    MutexLock lock(state_.mutex);
    state_.extensions.push_back(*request);
    if (const grpc::Status entered = state_.Enter(*context); !entered.ok()) return entered;
    for (auto& [known, versions] : state_.studies) {
      if (!absl::StartsWith(known, "studies/" + request->name())) continue;
      *study = state_.next_study.empty() ? versions.front() : state_.next_study.front();
      study->set_name(known);
      return grpc::Status::OK;
    }
    return NotFound(request->name());
  }

  grpc::Status CancelStudy(grpc::ServerContext* context, const v1::CancelStudyRequest* request,
                           v1::Study* study) override {
    FAKE_ENTER(context);
    const auto found = state_.studies.find(request->name());
    if (found == state_.studies.end()) return NotFound(request->name());
    v1::Study& stored = found->second.front();
    if (stored.state() >= v1::SUCCEEDED)
      return {grpc::StatusCode::FAILED_PRECONDITION, request->name() + " has ended"};
    stored.set_state(v1::CANCELLED);
    *study = stored;
    return grpc::Status::OK;
  }

  grpc::Status WatchStudy(grpc::ServerContext* context, const v1::WatchStudyRequest* request,
                          grpc::ServerWriter<v1::WatchStudyResponse>* writer) override {
    std::vector<v1::Study> history;
    int cut = -1;
    int cut_code = 0;
    uint64_t lost = 0;
    const uint64_t begin =
        request->resume_token().empty() ? 0 : std::stoul(request->resume_token());
    {
      FAKE_ENTER(context);
      ++state_.streams;
      const auto found = state_.study_histories.find(request->name());
      if (found == state_.study_histories.end()) return NotFound(request->name());
      history = found->second;
      cut = state_.TakeCut();
      cut_code = state_.cut_code;
      lost = state_.lost_event;
    }
    const grpc::Status lost_stream(static_cast<grpc::StatusCode>(cut_code), "cut");
    uint64_t sequence = 0;
    std::map<std::pair<std::string, uint64_t>, v1::JobState> states;
    v1::WatchStudyResponse frame;
    for (size_t version = 0; version < history.size(); ++version) {
      Reach(request->name(), history.size() - version);
      for (const v1::StudyPoint& point : history[version].points()) {
        v1::JobState& state = states[{point.contender(), point.size()}];
        if (state == point.state()) continue;
        state = point.state();
        if (++sequence <= begin || sequence == lost) continue;
        if (cut-- == 0) return lost_stream;
        frame.mutable_event()->set_sequence(sequence);
        *frame.mutable_event()->mutable_point() = point;
        frame.set_resume_token(absl::StrCat(sequence));
        if (!writer->Write(frame)) return grpc::Status::CANCELLED;
      }
    }
    if (cut >= 0) return lost_stream;
    while (history.back().state() < v1::SUCCEEDED) {  // until the client leaves or the server stops
      frame.mutable_heartbeat()->set_last_sequence(sequence);
      if (context->IsCancelled() || !writer->Write(frame)) return grpc::Status::CANCELLED;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    frame.mutable_end()->set_state(history.back().state());
    writer->Write(frame);
    return grpc::Status::OK;
  }

 private:
  // GetStudy, too, finds no older version than the last `left`.
  void Reach(const std::string& name, size_t left) {
    MutexLock lock(state_.mutex);
    std::deque<v1::Study>& versions = state_.studies[name];
    while (versions.size() > left) versions.pop_front();
  }

  State& state_;
};

class Compare final : public v1::CompareService::Service {
 public:
  explicit Compare(State& state) : state_(state) {}

  grpc::Status CompareJobs(grpc::ServerContext* context, const v1::CompareJobsRequest* request,
                           v1::Comparison* response) override {
    FAKE_ENTER(context);
    state_.compared.push_back(*request);
    *response = state_.comparison;
    return grpc::Status::OK;
  }
  grpc::Status DiffJobs(grpc::ServerContext* context, const v1::DiffJobsRequest* request,
                        v1::DiffJobsResponse* response) override {
    FAKE_ENTER(context);
    *response = state_.diff;
    *response->mutable_jobs() = request->jobs();
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class Forecasts final : public v1::ForecastService::Service {
 public:
  explicit Forecasts(State& state) : state_(state) {}

  grpc::Status CreateForecast(grpc::ServerContext* context,
                              const v1::CreateForecastRequest* request,
                              v1::Forecast* forecast) override {
    FAKE_ENTER(context);
    state_.created_forecasts.push_back(*request);
    *forecast = state_.forecast;
    return grpc::Status::OK;
  }
  grpc::Status GetForecast(grpc::ServerContext* context, const v1::GetForecastRequest* request,
                           v1::Forecast* forecast) override {
    FAKE_ENTER(context);
    if (request->name() != state_.forecast.name()) return NotFound(request->name());
    *forecast = state_.forecast;
    return grpc::Status::OK;
  }
  grpc::Status ListForecasts(grpc::ServerContext* context, const v1::ListForecastsRequest* request,
                             v1::ListForecastsResponse* response) override {
    FAKE_ENTER(context);
    if (state_.forecast.name().empty()) return grpc::Status::OK;
    *response->add_forecasts() = state_.forecast;
    response->mutable_record()->set_forecasts(1);
    response->mutable_record()->set_scored(state_.forecast.has_score() ? 1 : 0);
    response->mutable_record()->set_coverage80(1);
    response->mutable_record()->set_coverage95(1);
    return grpc::Status::OK;
  }
  grpc::Status ScoreForecast(grpc::ServerContext* context, const v1::ScoreForecastRequest* request,
                             v1::Forecast* forecast) override {
    FAKE_ENTER(context);
    state_.forecast.mutable_score()->set_job(request->job());
    *forecast = state_.forecast;
    return grpc::Status::OK;
  }
  grpc::Status DeleteForecast(grpc::ServerContext* context,
                              const v1::DeleteForecastRequest* request,
                              v1::Forecast* forecast) override {
    FAKE_ENTER(context);
    if (request->name() != state_.forecast.name()) return NotFound(request->name());
    forecast->Swap(&state_.forecast);
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class Artifacts final : public v1::ArtifactService::Service {
 public:
  explicit Artifacts(State& state) : state_(state) {}
  grpc::Status DownloadArtifact(grpc::ServerContext* context,
                                const v1::DownloadArtifactRequest* request,
                                grpc::ServerWriter<v1::DownloadArtifactResponse>* writer) override {
    FAKE_ENTER(context);
    ++state_.streams;
    const auto found = state_.artifacts.find({request->job(), request->artifact()});
    if (found == state_.artifacts.end()) return NotFound(request->artifact());
    const int cut = state_.TakeCut();
    std::string bytes = found->second;
    v1::DownloadArtifactResponse frame;
    frame.mutable_artifact()->set_name(request->artifact());
    frame.mutable_artifact()->set_sha256(Sha256Hex(bytes));
    frame.mutable_artifact()->set_size_bytes(bytes.size());
    if (state_.corrupt && !bytes.empty()) bytes[bytes.size() / 2] ^= 1;
    size_t end = bytes.size();
    if (cut >= 0)
      end = std::min(end, static_cast<size_t>(request->offset()) + static_cast<size_t>(cut));
    size_t at = request->offset();
    do {
      const size_t size = std::min(kChunk, end - at);
      frame.set_chunk(bytes.substr(at, size));
      at += size;
      if (!writer->Write(frame)) return grpc::Status::CANCELLED;
      frame.Clear();
    } while (at < end);
    if (cut >= 0) return {static_cast<grpc::StatusCode>(state_.cut_code), "cut"};
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class Catalog final : public v1::CatalogService::Service {
 public:
  explicit Catalog(State& state) : state_(state) {}
  grpc::Status ListComponents(grpc::ServerContext* context,
                              const v1::ListComponentsRequest* request,
                              v1::ListComponentsResponse* response) override {
    FAKE_ENTER(context);
    for (const v1::ComponentDescription& component : Components()) {
      if (request->kind().empty() || request->kind() == component.kind())
        *response->add_components() = component;
    }
    return grpc::Status::OK;
  }
  grpc::Status GetComponent(grpc::ServerContext* context, const v1::GetComponentRequest* request,
                            v1::ComponentDescription* response) override {
    FAKE_ENTER(context);
    for (const v1::ComponentDescription& component : Components()) {
      if (component.type() != request->type()) continue;
      *response = component;
      return grpc::Status::OK;
    }
    return {grpc::StatusCode::NOT_FOUND,
            "no layer '" + request->type() + "'; did you mean 'dense'?"};
  }

 private:
  static std::vector<v1::ComponentDescription> Components() {
    v1::ComponentDescription dense;
    dense.set_kind("layer");
    dense.set_type("dense");
    dense.set_doc("Fully connected layer. Input [features].");
    auto* units = dense.add_parameters();
    units->set_name("units");
    units->set_type("integer");
    units->set_doc("Number of outputs.");
    units->set_required(true);
    units->set_accepts(">= 1");
    dense.set_example("{type: dense, units: 10}");
    v1::ComponentDescription adam;
    adam.set_kind("optimizer");
    adam.set_type("adam");
    adam.set_doc("Adam.");
    return {dense, adam};
  }
  State& state_;
};

class Data final : public v1::DataService::Service {
 public:
  explicit Data(State& state) : state_(state) {}
  grpc::Status ListDatasets(grpc::ServerContext* context, const v1::ListDatasetsRequest*,
                            v1::ListDatasetsResponse* response) override {
    FAKE_ENTER(context);
    auto* dataset = response->add_datasets();
    dataset->set_path("fashion-mnist");
    dataset->set_source("idx");
    dataset->set_size_bytes(30'878'645);
    dataset->set_files(4);
    return grpc::Status::OK;
  }
  grpc::Status FindMissingContents(grpc::ServerContext* context,
                                   const v1::FindMissingContentsRequest* request,
                                   v1::FindMissingContentsResponse* response) override {
    FAKE_ENTER(context);
    for (const v1::Content& content : request->contents()) {
      const std::string& bytes = state_.contents[content.sha256()];
      if (bytes.size() == content.size_bytes()) continue;
      *response->add_missing()->mutable_content() = content;
      response->mutable_missing(response->missing_size() - 1)->set_offset(bytes.size());
    }
    return grpc::Status::OK;
  }
  grpc::Status UploadContents(grpc::ServerContext* context,
                              grpc::ServerReader<v1::UploadContentsRequest>* reader,
                              v1::UploadContentsResponse*) override {
    FAKE_ENTER(context);
    ++state_.streams;
    const int cut = state_.TakeCut();
    v1::UploadContentsRequest frame;
    std::string sha256;
    for (int frames = 0; reader->Read(&frame); ++frames) {
      if (frames == cut) return {static_cast<grpc::StatusCode>(state_.cut_code), "cut"};
      if (frame.has_content()) {
        sha256 = frame.content().sha256();
        if (frame.offset() != state_.contents[sha256].size())
          return {grpc::StatusCode::OUT_OF_RANGE, "the server is elsewhere"};
      }
      state_.contents[sha256] += frame.chunk();
    }
    return grpc::Status::OK;
  }
  grpc::Status CreateDatasetVersion(grpc::ServerContext* context,
                                    const v1::CreateDatasetVersionRequest* request,
                                    v1::CreateDatasetVersionResponse* response) override {
    FAKE_ENTER(context);
    state_.versions.push_back(*request);
    response->mutable_version()->set_version(1);
    response->mutable_version()->set_path(absl::StrCat("dataset:", request->dataset(), "@1"));
    response->mutable_version()->set_files(1);
    return grpc::Status::OK;
  }
  grpc::Status DeleteDatasetVersion(grpc::ServerContext* context,
                                    const v1::DeleteDatasetVersionRequest* request,
                                    v1::DatasetVersion* response) override {
    FAKE_ENTER(context);
    response->set_path("dataset:" + request->name());
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class Metrics final : public v1::MetricService::Service {
 public:
  explicit Metrics(State& state) : state_(state) {}

  // Two names a page, so that callers must turn pages.
  grpc::Status ListSeries(grpc::ServerContext* context, const v1::ListSeriesRequest* request,
                          v1::ListSeriesResponse* response) override {
    FAKE_ENTER(context);
    std::map<std::string, uint64_t> names;
    for (const v1::Event& event : state_.jobs[request->job()].log) {
      for (const auto& value : event.metrics().values()) ++names[value.series()];
    }
    for (const auto& [name, points] : names) {
      if (!request->page_token().empty() && name <= request->page_token()) continue;
      if (response->series_size() == 2) {
        response->set_next_page_token(response->series(1).name());
        break;
      }
      auto* series = response->add_series();
      series->set_name(name);
      series->set_points(points);
    }
    return grpc::Status::OK;
  }

  grpc::Status ReadSeries(grpc::ServerContext* context, const v1::ReadSeriesRequest* request,
                          v1::ReadSeriesResponse* response) override {
    FAKE_ENTER(context);
    for (const std::string& name : request->series()) {
      auto* series = response->add_series();
      series->set_name(name);
      for (const v1::Event& event : state_.jobs[request->job()].log) {
        for (const auto& value : event.metrics().values()) {
          if (value.series() != name) continue;
          auto* point = series->add_points();
          point->set_attempt(event.attempt());
          point->set_step(event.metrics().step());
          point->set_last(value.value());
          point->set_min(value.value());
          point->set_max(value.value());
          point->set_mean(value.value());
          point->set_count(1);
        }
      }
    }
    return grpc::Status::OK;
  }

  grpc::Status ReadLogs(grpc::ServerContext* context, const v1::ReadLogsRequest* request,
                        v1::ReadLogsResponse* response) override {
    FAKE_ENTER(context);
    for (const v1::Event& event : state_.jobs[request->job()].log) {
      if (!event.has_log() || event.log().severity() < request->minimum_severity()) continue;
      auto* line = response->add_lines();
      *line->mutable_time() = event.time();
      line->set_severity(event.log().severity());
      line->set_text(event.log().text());
    }
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

class Info final : public v1::ServerService::Service {
 public:
  explicit Info(State& state) : state_(state) {}
  grpc::Status GetServerInfo(grpc::ServerContext* context, const v1::GetServerInfoRequest*,
                             v1::ServerInfo* response) override {
    FAKE_ENTER(context);
    response->set_version("0.1.0");
    response->set_isa("avx512_core");
    response->set_onednn_version("2.6.3");
    response->set_cores(2);
    response->set_memory_bytes(uint64_t{8} << 30);
    return grpc::Status::OK;
  }

 private:
  State& state_;
};

template <typename Service>
void Register(State& state, grpc::ServerBuilder& builder,
              std::vector<std::unique_ptr<void, void (*)(void*)>>& services) {
  auto* service = new Service(state);
  services.emplace_back(service, [](void* pointer) { delete static_cast<Service*>(pointer); });
  builder.RegisterService(service);
}

}  // namespace

FakeJob& FakeJob::AddEvent(v1::Event event) {
  event.set_sequence(log.size() + 1);
  // One second apart, from a fixed time on.
  event.mutable_time()->set_seconds(1'700'000'000 + static_cast<int64_t>(log.size()));
  event.set_attempt(1);
  log.push_back(event);
  return *this;
}

FakeJob& FakeJob::AddState(v1::JobState state, const std::string& reason,
                           const std::string& message) {
  v1::Event event;
  event.mutable_state()->set_state(state);
  event.mutable_state()->set_reason(reason);
  event.mutable_state()->set_message(message);
  return AddEvent(event);
}

FakeJob& FakeJob::AddProgress(uint64_t step, uint64_t total, double epoch, double loss,
                              double accuracy) {
  v1::Event event;
  v1::Progress& progress = *event.mutable_progress();
  progress.set_step(step);
  progress.set_total_steps(total);
  progress.set_epoch(epoch);
  progress.set_loss(loss);
  progress.set_accuracy(accuracy);
  progress.set_samples_per_second(12'345);
  return AddEvent(event);
}

FakeJob& FakeJob::AddMetrics(double epoch,
                             const std::vector<std::pair<std::string, double>>& values) {
  v1::Event event;
  event.mutable_metrics()->set_epoch(epoch);
  for (const auto& [series, value] : values) {
    auto* metric = event.mutable_metrics()->add_values();
    metric->set_series(series);
    metric->set_value(value);
  }
  return AddEvent(event);
}

FakeJob& FakeJob::AddValue(uint64_t step, const std::string& series, double value) {
  AddMetrics(0, {{series, value}});
  log.back().mutable_metrics()->set_step(step);
  return *this;
}

FakeJob& FakeJob::End(v1::JobState state, const std::string& reason, const std::string& message) {
  AddState(state, reason, message);
  job.set_state(state);
  job.set_reason(reason);
  job.set_message(message);
  ended = true;
  return *this;
}

FakeServer::FakeServer() : state_(std::make_unique<State>()) { Start(); }
FakeServer::~FakeServer() { Stop(); }

void FakeServer::Start() {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddListeningPort(absl::StrCat("127.0.0.1:", port_), grpc::InsecureServerCredentials(),
                           &port_);
  Register<Jobs>(*state_, builder, services_);
  Register<Artifacts>(*state_, builder, services_);
  Register<Catalog>(*state_, builder, services_);
  Register<Data>(*state_, builder, services_);
  Register<Metrics>(*state_, builder, services_);
  Register<Info>(*state_, builder, services_);
  Register<Studies>(*state_, builder, services_);
  Register<Sweeps>(*state_, builder, services_);
  Register<Compare>(*state_, builder, services_);
  Register<Forecasts>(*state_, builder, services_);
  server_ = builder.BuildAndStart();
}

void FakeServer::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
  services_.clear();
}

std::string FakeServer::address() const { return absl::StrCat("127.0.0.1:", port_); }
Settings FakeServer::settings() const { return {address(), "test", ""}; }

FakeJob& FakeServer::AddJob(const std::string& id, v1::JobState state) {
  MutexLock lock(state_->mutex);
  const std::string name = "jobs/" + id;
  FakeJob& job = state_->jobs[name];
  job.job.set_name(name);
  job.job.set_state(state);
  state_->newest_first.insert(state_->newest_first.begin(), name);
  return job;
}

void FakeServer::NextCreated(FakeJob job) {
  MutexLock lock(state_->mutex);
  state_->next_created.push_back(std::move(job));
}

void FakeServer::AddArtifact(const std::string& job, const std::string& name,
                             const std::string& bytes) {
  MutexLock lock(state_->mutex);
  state_->artifacts[{"jobs/" + job, name}] = bytes;
  auto* artifact = state_->jobs["jobs/" + job].job.add_artifacts();
  artifact->set_name(name);
  artifact->set_sha256(Sha256Hex(bytes));
  artifact->set_size_bytes(bytes.size());
}

void FakeServer::AddStudy(const std::string& id, std::vector<v1::Study> versions) {
  MutexLock lock(state_->mutex);
  const std::string name = "studies/" + id;
  for (v1::Study& version : versions) version.set_name(name);
  state_->studies[name] = {versions.begin(), versions.end()};
  state_->study_histories[name] = versions;
  state_->newest_studies.insert(state_->newest_studies.begin(), name);
}

void FakeServer::SetComparison(v1::Comparison comparison) {
  MutexLock lock(state_->mutex);
  state_->comparison = std::move(comparison);
}

void FakeServer::SetDiff(v1::DiffJobsResponse diff) {
  MutexLock lock(state_->mutex);
  state_->diff = std::move(diff);
}

void FakeServer::SetForecast(v1::Forecast forecast) {
  MutexLock lock(state_->mutex);
  state_->forecast = std::move(forecast);
}

void FakeServer::NextStudyCreated(std::vector<v1::Study> versions) {
  MutexLock lock(state_->mutex);
  state_->next_study = std::move(versions);
}

void FakeServer::AddSweep(const std::string& id, std::vector<v1::Sweep> versions) {
  MutexLock lock(state_->mutex);
  const std::string name = "sweeps/" + id;
  for (v1::Sweep& version : versions) version.set_name(name);
  state_->sweeps[name] = {versions.begin(), versions.end()};
}

void FakeServer::FailNext(const FakeError& error, int times) {
  MutexLock lock(state_->mutex);
  for (int i = 0; i < times; ++i) state_->failures.push_back(error);
}

void FakeServer::CutStreams(std::vector<int> after, int code) {
  MutexLock lock(state_->mutex);
  state_->cuts.assign(after.begin(), after.end());
  state_->cut_code = code;
}

void FakeServer::LoseEvent(uint64_t sequence) {
  MutexLock lock(state_->mutex);
  state_->lost_event = sequence;
}

void FakeServer::RepeatOnResume() {
  MutexLock lock(state_->mutex);
  state_->repeat_on_resume = true;
}

void FakeServer::CorruptArtifacts() {
  MutexLock lock(state_->mutex);
  state_->corrupt = true;
}

std::vector<v1::CreateJobRequest> FakeServer::created() const {
  MutexLock lock(state_->mutex);
  return state_->created;
}

std::map<std::string, std::string> FakeServer::contents() const {
  MutexLock lock(state_->mutex);
  return state_->contents;
}

std::vector<v1::CreateDatasetVersionRequest> FakeServer::versions() const {
  MutexLock lock(state_->mutex);
  return state_->versions;
}

std::vector<v1::ListJobsRequest> FakeServer::listed() const {
  MutexLock lock(state_->mutex);
  return state_->listed;
}

std::vector<v1::CreateSweepRequest> FakeServer::created_sweeps() const {
  MutexLock lock(state_->mutex);
  return state_->created_sweeps;
}
std::vector<v1::CompareJobsRequest> FakeServer::compared() const {
  MutexLock lock(state_->mutex);
  return state_->compared;
}

std::vector<v1::CreateForecastRequest> FakeServer::created_forecasts() const {
  MutexLock lock(state_->mutex);
  return state_->created_forecasts;
}

std::vector<v1::CreateStudyRequest> FakeServer::created_studies() const {
  MutexLock lock(state_->mutex);
  return state_->created_studies;
}

std::vector<v1::ExtendStudyRequest> FakeServer::extensions() const {
  MutexLock lock(state_->mutex);
  return state_->extensions;
}

int FakeServer::calls() const {
  MutexLock lock(state_->mutex);
  return state_->calls;
}

int FakeServer::streams() const {
  MutexLock lock(state_->mutex);
  return state_->streams;
}

std::string FakeServer::last_authorization() const {
  MutexLock lock(state_->mutex);
  return state_->authorization;
}

}  // namespace trainyard::client
