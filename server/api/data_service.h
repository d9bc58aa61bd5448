// DataService: data sets that were uploaded, and what the server's data roots hold. Thread-safe.
#pragma once

#include <string>
#include <utility>

#include "engine/data/roots.h"
#include "server/api/upload_stream.h"
#include "server/datasets/dataset_store.h"
#include "server/rpc/calls.h"
#include "trainyard/v1/data_service.grpc.pb.h"

namespace trainyard {

class DataServiceHandler final : public v1::DataService::CallbackService {
 public:
  // `reads`: for calls that read whole data sets; `changes`: for those that write.
  DataServiceHandler(Calls& calls, Calls& reads, Calls& changes, Calls& downloads,
                     DatasetStore& datasets, ContentStore& contents, UploadStreams& uploads,
                     DataRoots roots)
      : calls_(calls),
        reads_(reads),
        changes_(changes),
        downloads_(downloads),
        datasets_(datasets),
        contents_(contents),
        uploads_(uploads),
        roots_(std::move(roots)) {}

  grpc::ServerUnaryReactor* ListDatasets(grpc::CallbackServerContext* context,
                                         const v1::ListDatasetsRequest* request,
                                         v1::ListDatasetsResponse* response) override;
  grpc::ServerUnaryReactor* GetDataset(grpc::CallbackServerContext* context,
                                       const v1::GetDatasetRequest* request,
                                       v1::Dataset* response) override;
  grpc::ServerUnaryReactor* DeleteDataset(grpc::CallbackServerContext* context,
                                          const v1::DeleteDatasetRequest* request,
                                          v1::Dataset* response) override;
  grpc::ServerUnaryReactor* ListDatasetVersions(grpc::CallbackServerContext* context,
                                                const v1::ListDatasetVersionsRequest* request,
                                                v1::ListDatasetVersionsResponse* response) override;
  grpc::ServerUnaryReactor* GetDatasetVersion(grpc::CallbackServerContext* context,
                                              const v1::GetDatasetVersionRequest* request,
                                              v1::DatasetVersion* response) override;
  grpc::ServerUnaryReactor* DescribeDatasetVersion(grpc::CallbackServerContext* context,
                                                   const v1::DescribeDatasetVersionRequest* request,
                                                   v1::DatasetDescription* response) override;
  grpc::ServerUnaryReactor* DeleteDatasetVersion(grpc::CallbackServerContext* context,
                                                 const v1::DeleteDatasetVersionRequest* request,
                                                 v1::DatasetVersion* response) override;
  grpc::ServerUnaryReactor* ListDatasetFiles(grpc::CallbackServerContext* context,
                                             const v1::ListDatasetFilesRequest* request,
                                             v1::ListDatasetFilesResponse* response) override;
  grpc::ServerWriteReactor<v1::DownloadDatasetFileResponse>* DownloadDatasetFile(
      grpc::CallbackServerContext* context, const v1::DownloadDatasetFileRequest* request) override;
  grpc::ServerUnaryReactor* FindMissingContents(grpc::CallbackServerContext* context,
                                                const v1::FindMissingContentsRequest* request,
                                                v1::FindMissingContentsResponse* response) override;
  grpc::ServerReadReactor<v1::UploadContentsRequest>* UploadContents(
      grpc::CallbackServerContext* context, v1::UploadContentsResponse* response) override {
    return uploads_.Open(context, response);
  }
  grpc::ServerUnaryReactor* CreateDatasetVersion(
      grpc::CallbackServerContext* context, const v1::CreateDatasetVersionRequest* request,
      v1::CreateDatasetVersionResponse* response) override;

 private:
  absl::Status List(const v1::ListDatasetsRequest& request,
                    v1::ListDatasetsResponse& response) const;
  absl::Status ListRootFiles(uint64_t first, uint64_t page_size,
                             v1::ListDatasetsResponse& response) const;
  absl::Status ListFiles(const v1::ListDatasetFilesRequest& request,
                         v1::ListDatasetFilesResponse& response) const;
  absl::Status ListVersions(const v1::ListDatasetVersionsRequest& request,
                            v1::ListDatasetVersionsResponse& response) const;
  // A file of a version, with its hash.
  absl::StatusOr<v1::DatasetFile> FindFile(const VersionRow& row, const std::string& path) const;

  Calls& calls_;
  Calls& reads_;
  Calls& changes_;
  Calls& downloads_;
  DatasetStore& datasets_;
  ContentStore& contents_;
  UploadStreams& uploads_;
  const DataRoots roots_;
};

}  // namespace trainyard
