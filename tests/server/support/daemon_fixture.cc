#include "tests/server/support/daemon_fixture.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "engine/base/status.h"
#include "server/workers/process.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr int kMostReconnects = 100;

std::string TemporaryFolder() {
  std::string pattern = (fs::temp_directory_path() / "trainyard-XXXXXX").string();
  return mkdtemp(pattern.data());
}

}  // namespace

CheckedSpecification AnySpecification::CheckTraining(const v1::Specification& specification,
                                                     Violations& violations) const {
  CheckedSpecification checked;
  if (absl::StartsWith(specification.name(), "exhaust")) throw std::bad_alloc();
  if (absl::StartsWith(specification.name(), "slow") && gate.valid()) {
    ++waiting;
    gate.wait();
  }
  if (absl::StartsWith(specification.name(), "bad")) {
    violations.Add("model.layers[2].units", "must be at least 1");
    violations.Add("optimizer.learning_rate", "must be above 0");
  }
  if (data_is_gone && specification.data().has_source()) {
    violations.Add("data.source.path", "there is no such file");
  }
  checked.specification = specification;
  if (results_have_keys) {
    v1::Specification nameless = specification;
    nameless.clear_name();
    checked.result_key = nameless.ShortDebugString();
  }
  checked.model.set_steps(specification.budget().steps());
  checked.model.set_memory_bytes(1 << 20);
  return checked;
}

absl::StatusOr<CheckedSpecification> AnySpecification::CheckPrediction(
    const v1::Specification& specification, const v1::Job& model, Violations& violations) const {
  return CheckTraining(specification, violations);
}

ErrorDetails DetailsOf(const grpc::Status& status) {
  ErrorDetails details;
  EXPECT_TRUE(details.status.ParseFromString(status.error_details()));
  for (const google::protobuf::Any& any : details.status.details()) {
    if (any.UnpackTo(&details.info)) ++details.infos;
    any.UnpackTo(&details.bad_request);
    any.UnpackTo(&details.resource);
    any.UnpackTo(&details.retry);
    any.UnpackTo(&details.quota);
  }
  return details;
}

DaemonFixture::DaemonFixture() : folder_(TemporaryFolder()) {
  options_.data_folder = folder_ + "/data";
  options_.worker_program = SCRIPTED_WORKER;
  options_.checker = &checker_;
  options_.jobs.capacity = {4, uint64_t{4} << 30};
}

DaemonFixture::~DaemonFixture() {
  StopDaemon();
  for (const pid_t process : WorkerProcesses()) kill(process, SIGKILL);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void DaemonFixture::StartDaemon() {
  auto started = Daemon::Start(options_);
  ASSERT_TRUE(started.ok()) << Message(started.status());
  daemon_ = *std::move(started);
  options_.listen = daemon_->address();
  channel_ = grpc::CreateChannel(daemon_->address(), grpc::InsecureChannelCredentials());
  jobs_ = v1::JobService::NewStub(channel_);
  metrics_ = v1::MetricService::NewStub(channel_);
  artifacts_ = v1::ArtifactService::NewStub(channel_);
}

v1::CreateJobRequest DaemonFixture::Request(const std::string& name, uint64_t steps) const {
  v1::CreateJobRequest request;
  request.mutable_specification()->set_name(name);
  request.mutable_specification()->mutable_budget()->set_steps(steps);
  request.mutable_specification()->mutable_checkpoint()->set_every_steps(
      std::max<uint64_t>(10, steps / 3));
  return request;
}

std::string DaemonFixture::Submit(const std::string& name, uint64_t steps) {
  grpc::ClientContext context;
  v1::Job job;
  const grpc::Status status = jobs_->CreateJob(&context, Request(name, steps), &job);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return job.name();
}

v1::Job DaemonFixture::Get(const std::string& name) {
  grpc::ClientContext context;
  v1::GetJobRequest request;
  request.set_name(name);
  v1::Job job;
  const grpc::Status status = jobs_->GetJob(&context, request, &job);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return job;
}

std::vector<v1::WatchJobResponse> DaemonFixture::Watch(
    const std::string& job, const std::function<bool(const v1::WatchJobResponse&)>& enough) {
  std::vector<v1::WatchJobResponse> frames;
  v1::WatchJobRequest request;
  request.set_name(job);
  for (int i = 0; i < kMostReconnects; ++i) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    const auto reader = jobs_->WatchJob(&context, request);
    v1::WatchJobResponse frame;
    while (reader->Read(&frame)) {
      request.set_resume_token(frame.resume_token());
      if (frame.has_heartbeat()) continue;
      frames.push_back(frame);
      if (enough != nullptr && enough(frame)) {
        context.TryCancel();
        return frames;
      }
    }
    const grpc::Status status = reader->Finish();
    if (status.ok()) return frames;
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
      ADD_FAILURE() << status.error_message();
      return frames;
    }
  }
  ADD_FAILURE() << "the watch of " << job << " broke again and again";
  return frames;
}

bool DaemonFixture::IsStep(const v1::WatchJobResponse& frame, uint64_t step) {
  return frame.event().has_metrics() && frame.event().metrics().step() == step;
}

std::vector<pid_t> DaemonFixture::WorkerProcesses() const {
  std::vector<pid_t> processes;
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    pid_t process = 0;
    if (!absl::SimpleAtoi(entry->path().filename().string(), &process) || process == getpid())
      continue;
    const auto command = ReadProcessFile(process, "cmdline");
    if (command.ok() && absl::StrContains(*command, folder_ + "/")) processes.push_back(process);
  }
  return processes;
}

}  // namespace trainyard
