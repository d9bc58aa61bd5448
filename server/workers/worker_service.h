// WorkerService: the server's end of what worker processes say. Served on a unix socket of the data
// folder, never on the public port; every call carries the folder's secret as a bearer token.
// Thread-safe.
#pragma once

#include "server/jobs/job_manager.h"
#include "server/rpc/calls.h"
#include "server/store/artifact_store.h"
#include "trainyard/v1/worker_service.grpc.pb.h"

namespace trainyard {

class WorkerServiceHandler final : public v1::WorkerService::CallbackService {
 public:
  WorkerServiceHandler(Calls& calls, JobManager& manager, ArtifactStore& artifacts)
      : calls_(calls), manager_(manager), artifacts_(artifacts) {}

  grpc::ServerBidiReactor<v1::WorkRequest, v1::WorkResponse>* Work(
      grpc::CallbackServerContext* context) override;
  grpc::ServerReadReactor<v1::UploadArtifactRequest>* UploadArtifact(
      grpc::CallbackServerContext* context, v1::UploadArtifactResponse* response) override;
  grpc::ServerWriteReactor<v1::FetchArtifactResponse>* FetchArtifact(
      grpc::CallbackServerContext* context, const v1::FetchArtifactRequest* request) override;

 private:
  Calls& calls_;
  JobManager& manager_;
  ArtifactStore& artifacts_;
};

}  // namespace trainyard
