#include "server/api/artifact_service.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "server/rpc/chunk_stream.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {
namespace {

constexpr uint64_t kChunkBytes = 256 << 10;

// Of one download; used by its stream's tasks, one after the other.
struct Download {
  v1::DownloadArtifactRequest request;
  std::unique_ptr<ArtifactReader> reader;
  uint64_t offset = 0;
};

}  // namespace

grpc::ServerUnaryReactor* ArtifactServiceHandler::ListArtifacts(
    grpc::CallbackServerContext* context, const v1::ListArtifactsRequest* request,
    v1::ListArtifactsResponse* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::string job, jobs_.ResolveName(request->job(), "job"));
    ASSIGN_OR_RETURN(std::vector<v1::Artifact> artifacts, jobs_.ListArtifacts(job));
    for (v1::Artifact& artifact : artifacts) *response->add_artifacts() = std::move(artifact);
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Artifact> ArtifactServiceHandler::Find(const std::string& job,
                                                          const std::string& name) const {
  ASSIGN_OR_RETURN(const std::string resolved, jobs_.ResolveName(job, "job"));
  ASSIGN_OR_RETURN(const std::vector<v1::Artifact> artifacts, jobs_.ListArtifacts(resolved));
  const v1::Artifact* newest = nullptr;
  std::vector<std::string> names;
  for (const v1::Artifact& artifact : artifacts) {
    names.push_back(artifact.name());
    if (artifact.name() == name && (newest == nullptr || artifact.step() >= newest->step()))
      newest = &artifact;
  }
  if (newest != nullptr) return *newest;
  return NotFoundError("artifact", absl::StrCat(resolved, "/artifacts/", name),
                       Suggestion(name, names));
}

grpc::ServerWriteReactor<v1::DownloadArtifactResponse>* ArtifactServiceHandler::DownloadArtifact(
    grpc::CallbackServerContext* context, const v1::DownloadArtifactRequest* request) {
  const auto download = std::make_shared<Download>();
  download->request = *request;
  return ChunkStream<v1::DownloadArtifactResponse>::Run(
      downloads_, context,
      [this, download](v1::DownloadArtifactResponse& response) -> absl::StatusOr<bool> {
        const bool first = download->reader == nullptr;
        if (first) {
          ASSIGN_OR_RETURN(*response.mutable_artifact(),
                           Find(download->request.job(), download->request.artifact()));
          ASSIGN_OR_RETURN(download->reader, artifacts_.Open(response.artifact().sha256()));
          download->offset = download->request.offset();
          if (download->offset > download->reader->size()) {
            return FieldError("offset", absl::StrCat("beyond the artifact's ",
                                                     download->reader->size(), " bytes"));
          }
        }
        ASSIGN_OR_RETURN(*response.mutable_chunk(),
                         download->reader->Read(download->offset, kChunkBytes));
        download->offset += response.chunk().size();
        return first || !response.chunk().empty();
      });
}

}  // namespace trainyard
