#include "server/workers/worker_service.h"

#include <memory>
#include <string>
#include <utility>

#include "engine/base/status.h"
#include "server/rpc/chunk_stream.h"
#include "server/rpc/exceptions.h"
#include "server/rpc/status_mapping.h"
#include "server/workers/lease_wire.h"
#include "server/workers/work_stream.h"

namespace trainyard {
namespace {

constexpr uint64_t kChunkBytes = 256 << 10;

// Takes a file chunk by chunk: reads one, hands it to the executor, and reads on when it is
// written. Deletes itself when the call is over.
class UploadStream final : public grpc::ServerReadReactor<v1::UploadArtifactRequest> {
 public:
  UploadStream(Executor& executor, ArtifactStore& artifacts, v1::UploadArtifactResponse& response)
      : executor_(executor), artifacts_(artifacts), response_(response) {}

  void Start() { StartRead(&request_); }
  void OnReadDone(bool ok) override {
    executor_.Post([this, ok] {
      const absl::Status status = CatchExceptions([&] { return ok ? Append() : End(); });
      if (ok && status.ok()) {
        StartRead(&request_);
      } else {
        Finish(ToGrpcStatus(status));
      }
    });
  }
  void OnDone() override { delete this; }

 private:
  absl::Status Append() {
    if (upload_ == nullptr) {
      ASSIGN_OR_RETURN(upload_,
                       artifacts_.Begin(FromMessage(request_.lease()), request_.artifact()));
    }
    return upload_->Append(request_.chunk());
  }
  absl::Status End() {
    if (upload_ == nullptr) return absl::InvalidArgumentError("an upload opens with the artifact");
    ASSIGN_OR_RETURN(*response_.mutable_artifact(), upload_->Finish());
    return absl::OkStatus();
  }

  Executor& executor_;
  ArtifactStore& artifacts_;
  v1::UploadArtifactResponse& response_;
  v1::UploadArtifactRequest request_;
  std::unique_ptr<ArtifactUpload> upload_;
};

}  // namespace

grpc::ServerBidiReactor<v1::WorkRequest, v1::WorkResponse>* WorkerServiceHandler::Work(
    grpc::CallbackServerContext* context) {
  return WorkStream::Open(manager_, calls_.Authorize(*context));
}

grpc::ServerReadReactor<v1::UploadArtifactRequest>* WorkerServiceHandler::UploadArtifact(
    grpc::CallbackServerContext* context, v1::UploadArtifactResponse* response) {
  auto* stream = new UploadStream(calls_.executor(), artifacts_, *response);
  if (const absl::Status allowed = calls_.Authorize(*context); !allowed.ok()) {
    stream->Finish(ToGrpcStatus(allowed));
  } else {
    stream->Start();
  }
  return stream;
}

grpc::ServerWriteReactor<v1::FetchArtifactResponse>* WorkerServiceHandler::FetchArtifact(
    grpc::CallbackServerContext* context, const v1::FetchArtifactRequest* request) {
  struct Fetch {
    std::string sha256;
    std::unique_ptr<ArtifactReader> reader;
    uint64_t offset = 0;
  };
  const auto fetch = std::make_shared<Fetch>();
  fetch->sha256 = request->sha256();
  return ChunkStream<v1::FetchArtifactResponse>::Run(
      calls_, context, [this, fetch](v1::FetchArtifactResponse& response) -> absl::StatusOr<bool> {
        if (fetch->reader == nullptr) {
          ASSIGN_OR_RETURN(fetch->reader, artifacts_.Open(fetch->sha256));
        }
        ASSIGN_OR_RETURN(*response.mutable_chunk(),
                         fetch->reader->Read(fetch->offset, kChunkBytes));
        fetch->offset += response.chunk().size();
        return !response.chunk().empty();
      });
}

}  // namespace trainyard
