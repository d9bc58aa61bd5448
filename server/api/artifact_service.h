// ArtifactService: the files that jobs left. Thread-safe.
#pragma once

#include "server/rpc/calls.h"
#include "server/store/artifact_store.h"
#include "server/store/job_store.h"
#include "trainyard/v1/artifact_service.grpc.pb.h"

namespace trainyard {

class ArtifactServiceHandler final : public v1::ArtifactService::CallbackService {
 public:
  // `downloads`: for calls that read files, which may take long.
  ArtifactServiceHandler(Calls& calls, Calls& downloads, const JobStore& jobs,
                         const ArtifactStore& artifacts)
      : calls_(calls), downloads_(downloads), jobs_(jobs), artifacts_(artifacts) {}

  grpc::ServerUnaryReactor* ListArtifacts(grpc::CallbackServerContext* context,
                                          const v1::ListArtifactsRequest* request,
                                          v1::ListArtifactsResponse* response) override;
  grpc::ServerWriteReactor<v1::DownloadArtifactResponse>* DownloadArtifact(
      grpc::CallbackServerContext* context, const v1::DownloadArtifactRequest* request) override;

 private:
  // The newest of that name.
  absl::StatusOr<v1::Artifact> Find(const std::string& job, const std::string& name) const;

  Calls& calls_;
  Calls& downloads_;
  const JobStore& jobs_;
  const ArtifactStore& artifacts_;
};

}  // namespace trainyard
