// WorkerService for tests of the worker's side: the test takes each stream, reads what the worker
// says, and answers as it likes. Waits are bounded; one that ends without what it waited for fails
// the test. Used by the test's thread.
#pragma once

#include <deque>
#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "trainyard/v1/worker_service.grpc.pb.h"

namespace trainyard {

// One Work stream.
class ScriptedStream final : public grpc::ServerBidiReactor<v1::WorkRequest, v1::WorkResponse> {
 public:
  ScriptedStream() { StartRead(&request_); }

  // The next message.
  v1::WorkRequest Read();
  // The worker has closed its side and said nothing before.
  bool HungUp();
  void Send(const v1::WorkResponse& response);
  void Close(const absl::Status& status);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { Close(absl::CancelledError("the worker has gone")); }
  void OnDone() override;
  // Returns when gRPC has let go of it.
  void WaitForDone();

 private:
  // Of the read that is under way.
  v1::WorkRequest request_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<v1::WorkRequest> requests_ TRAINYARD_GUARDED_BY(mutex_);
  bool hung_up_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool written_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool finished_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool done_ TRAINYARD_GUARDED_BY(mutex_) = false;
};

class ScriptedServer final : public v1::WorkerService::CallbackService {
 public:
  // Listens on a unix socket in a folder of its own.
  ScriptedServer();
  ~ScriptedServer() override;

  const std::string& address() const { return address_; }
  // The next stream that the worker opens.
  ScriptedStream& NextStream();
  // Streams that were opened and not taken yet.
  size_t waiting();
  // What uploads are answered with.
  void set_upload_status(const absl::Status& status);
  // What a fetch of any file gives.
  void set_file(absl::StatusOr<std::string> bytes);

  grpc::ServerBidiReactor<v1::WorkRequest, v1::WorkResponse>* Work(
      grpc::CallbackServerContext* context) override;
  grpc::ServerReadReactor<v1::UploadArtifactRequest>* UploadArtifact(
      grpc::CallbackServerContext* context, v1::UploadArtifactResponse* response) override;
  grpc::ServerWriteReactor<v1::FetchArtifactResponse>* FetchArtifact(
      grpc::CallbackServerContext* context, const v1::FetchArtifactRequest* request) override;

 private:
  std::string folder_;
  std::string address_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<std::unique_ptr<ScriptedStream>> streams_ TRAINYARD_GUARDED_BY(mutex_);
  size_t taken_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  absl::Status upload_status_ TRAINYARD_GUARDED_BY(mutex_);
  absl::StatusOr<std::string> file_ TRAINYARD_GUARDED_BY(mutex_) = "";
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace trainyard
