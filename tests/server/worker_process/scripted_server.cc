#include "tests/server/worker_process/scripted_server.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <gtest/gtest.h>

#include "server/rpc/status_mapping.h"

namespace trainyard {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);

// Answers an upload before its bytes.
class AnsweredUpload final : public grpc::ServerReadReactor<v1::UploadArtifactRequest> {
 public:
  explicit AnsweredUpload(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

// A file in one chunk.
class AnsweredFetch final : public grpc::ServerWriteReactor<v1::FetchArtifactResponse> {
 public:
  explicit AnsweredFetch(const absl::StatusOr<std::string>& bytes) {
    if (bytes.ok()) {
      response_.set_chunk(*bytes);
      StartWriteAndFinish(&response_, grpc::WriteOptions(), grpc::Status::OK);
    } else {
      Finish(ToGrpcStatus(bytes.status()));
    }
  }
  void OnDone() override { delete this; }

 private:
  v1::FetchArtifactResponse response_;
};

}  // namespace

v1::WorkRequest ScriptedStream::Read() {
  MutexLock lock(mutex_);
  if (!changed_.WaitFor(lock, kPatience,
                        [this]() TRAINYARD_REQUIRES(mutex_) { return !requests_.empty(); })) {
    ADD_FAILURE() << "the worker says nothing";
    return {};
  }
  v1::WorkRequest request = std::move(requests_.front());
  requests_.pop_front();
  return request;
}

bool ScriptedStream::HungUp() {
  MutexLock lock(mutex_);
  return changed_.WaitFor(lock, kPatience, [this]() TRAINYARD_REQUIRES(mutex_) {
    return hung_up_ || !requests_.empty();
  }) && requests_.empty();
}

void ScriptedStream::Send(const v1::WorkResponse& response) {
  MutexLock lock(mutex_);
  written_ = false;
  StartWrite(&response);
  EXPECT_TRUE(
      changed_.WaitFor(lock, kPatience, [this]() TRAINYARD_REQUIRES(mutex_) { return written_; }));
}

void ScriptedStream::Close(const absl::Status& status) {
  MutexLock lock(mutex_);
  if (!std::exchange(finished_, true)) Finish(ToGrpcStatus(status));
}

void ScriptedStream::OnReadDone(bool ok) {
  if (!ok) Close(absl::OkStatus());
  MutexLock lock(mutex_);
  if (ok) {
    requests_.push_back(std::move(request_));
    request_.Clear();
    StartRead(&request_);
  } else {
    hung_up_ = true;
  }
  changed_.NotifyAll();
}

void ScriptedStream::OnWriteDone(bool ok) {
  MutexLock lock(mutex_);
  written_ = true;
  changed_.NotifyAll();
}

void ScriptedStream::OnDone() {
  MutexLock lock(mutex_);
  done_ = true;
  changed_.NotifyAll();
}

void ScriptedStream::WaitForDone() {
  MutexLock lock(mutex_);
  changed_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) { return done_; });
}

ScriptedServer::ScriptedServer() {
  std::string pattern = (std::filesystem::temp_directory_path() / "trainyard-XXXXXX").string();
  folder_ = mkdtemp(pattern.data());
  address_ = "unix:" + folder_ + "/worker.sock";
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address_, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

ScriptedServer::~ScriptedServer() {
  server_->Shutdown(std::chrono::system_clock::now());
  {
    MutexLock lock(mutex_);
    for (const auto& stream : streams_) stream->WaitForDone();
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

ScriptedStream& ScriptedServer::NextStream() {
  MutexLock lock(mutex_);
  const bool opened = changed_.WaitFor(
      lock, kPatience, [this]() TRAINYARD_REQUIRES(mutex_) { return streams_.size() > taken_; });
  if (!opened) {
    ADD_FAILURE() << "the worker does not dial";
    std::abort();
  }
  return *streams_[taken_++];
}

size_t ScriptedServer::waiting() {
  MutexLock lock(mutex_);
  return streams_.size() - taken_;
}

void ScriptedServer::set_upload_status(const absl::Status& status) {
  MutexLock lock(mutex_);
  upload_status_ = status;
}

void ScriptedServer::set_file(absl::StatusOr<std::string> bytes) {
  MutexLock lock(mutex_);
  file_ = std::move(bytes);
}

grpc::ServerBidiReactor<v1::WorkRequest, v1::WorkResponse>* ScriptedServer::Work(
    grpc::CallbackServerContext* context) {
  MutexLock lock(mutex_);
  streams_.push_back(std::make_unique<ScriptedStream>());
  changed_.NotifyAll();
  return streams_.back().get();
}

grpc::ServerReadReactor<v1::UploadArtifactRequest>* ScriptedServer::UploadArtifact(
    grpc::CallbackServerContext* context, v1::UploadArtifactResponse* response) {
  MutexLock lock(mutex_);
  return new AnsweredUpload(upload_status_);
}

grpc::ServerWriteReactor<v1::FetchArtifactResponse>* ScriptedServer::FetchArtifact(
    grpc::CallbackServerContext* context, const v1::FetchArtifactRequest* request) {
  MutexLock lock(mutex_);
  return new AnsweredFetch(file_);
}

}  // namespace trainyard
