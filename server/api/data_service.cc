#include "server/api/data_service.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "engine/formats/file_bytes.h"
#include "server/api/dataset_scan.h"
#include "server/api/request_checks.h"
#include "server/api/request_hash.h"
#include "server/rpc/chunk_stream.h"
#include "server/rpc/opaque_token.h"
#include "server/rpc/status_mapping.h"
#include "server/store/dataset_names.h"

namespace trainyard {
namespace {

constexpr int32_t kDefaultPage = 50;
constexpr int32_t kLargestPage = 1000;
constexpr int kMostContents = 1000;
constexpr size_t kMostNamesCompared = 1000;
constexpr uint64_t kChunkBytes = 256 << 10;
// A page of uploaded data sets ends with the name of its last one; a page of files of the roots
// with their number.
constexpr char kNameScope[] = "datasets";
constexpr char kRootScope[] = "dataset-roots";

absl::StatusOr<int> PageSize(int32_t asked) {
  if (asked < 0 || asked > kLargestPage)
    return FieldError("page_size", absl::StrCat("between 0 and ", kLargestPage));
  return asked == 0 ? kDefaultPage : asked;
}

absl::Status BadToken() { return FieldError("page_token", "not a token of this list"); }

absl::StatusOr<uint64_t> Position(const std::string& scope, const std::string& token) {
  if (token.empty()) return uint64_t{0};
  const std::optional<uint64_t> position = ReadToken(scope, token);
  if (!position.has_value()) return BadToken();
  return *position;
}

absl::Status CheckRequestId(const std::string& request_id) {
  Violations violations;
  CheckRequestId(request_id, violations);
  return ViolationsError(violations, "INVALID_REQUEST");
}

template <typename Request>
std::string HashOf(const Request& request) {
  return request.request_id().empty() ? "" : RequestHash(request);
}

// Of one download; used by its stream's tasks, one after the other.
struct Download {
  v1::DownloadDatasetFileRequest request;
  std::unique_ptr<FileBytes> bytes;
  uint64_t offset = 0;
};

}  // namespace

grpc::ServerUnaryReactor* DataServiceHandler::ListDatasets(grpc::CallbackServerContext* context,
                                                           const v1::ListDatasetsRequest* request,
                                                           v1::ListDatasetsResponse* response) {
  return calls_.Run(context, [=, this] { return List(*request, *response); });
}

absl::Status DataServiceHandler::List(const v1::ListDatasetsRequest& request,
                                      v1::ListDatasetsResponse& response) const {
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  const std::string& token = request.page_token();
  if (const auto first = ReadToken(kRootScope, token); first.has_value())
    return ListRootFiles(*first, static_cast<uint64_t>(page_size), response);
  std::string after;
  if (!token.empty()) {
    const std::optional<std::string> name = ReadNameToken(kNameScope, token);
    if (!name.has_value()) return BadToken();
    after = *name;
  }
  ASSIGN_OR_RETURN(std::vector<v1::Dataset> datasets, datasets_.List(after, page_size));
  for (v1::Dataset& dataset : datasets) *response.add_datasets() = std::move(dataset);
  if (response.datasets_size() == page_size) {
    ASSIGN_OR_RETURN(const std::string last,
                     ParseDatasetName(response.datasets(page_size - 1).name(), "name"));
    response.set_next_page_token(MakeNameToken(kNameScope, last));
    return absl::OkStatus();
  }
  return ListRootFiles(0, static_cast<uint64_t>(page_size - response.datasets_size()), response);
}

absl::Status DataServiceHandler::ListRootFiles(uint64_t first, uint64_t page_size,
                                               v1::ListDatasetsResponse& response) const {
  std::vector<v1::Dataset> datasets = ScanDatasets(roots_);
  for (uint64_t i = first; i < datasets.size(); ++i) {
    if (i - first == page_size) {
      response.set_next_page_token(MakeToken(kRootScope, i));
      break;
    }
    *response.add_datasets() = std::move(datasets[i]);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* DataServiceHandler::GetDataset(grpc::CallbackServerContext* context,
                                                         const v1::GetDatasetRequest* request,
                                                         v1::Dataset* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const std::string name, ParseDatasetName(request->name(), "name"));
    ASSIGN_OR_RETURN(*response, datasets_.Get(name));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* DataServiceHandler::DeleteDataset(grpc::CallbackServerContext* context,
                                                            const v1::DeleteDatasetRequest* request,
                                                            v1::Dataset* response) {
  return changes_.Run(context, [=, this]() -> absl::Status {
    RETURN_IF_ERROR(CheckRequestId(request->request_id()));
    ASSIGN_OR_RETURN(const std::string name, ParseDatasetName(request->name(), "name"));
    ASSIGN_OR_RETURN(*response, datasets_.Delete(name, request->request_id(), HashOf(*request)));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* DataServiceHandler::ListDatasetVersions(
    grpc::CallbackServerContext* context, const v1::ListDatasetVersionsRequest* request,
    v1::ListDatasetVersionsResponse* response) {
  return calls_.Run(context, [=, this] { return ListVersions(*request, *response); });
}

absl::Status DataServiceHandler::ListVersions(const v1::ListDatasetVersionsRequest& request,
                                              v1::ListDatasetVersionsResponse& response) const {
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string name, ParseDatasetName(request.dataset(), "dataset"));
  const std::string scope = "dataset-versions:" + name;
  ASSIGN_OR_RETURN(const uint64_t before, Position(scope, request.page_token()));
  ASSIGN_OR_RETURN(std::vector<v1::DatasetVersion> versions,
                   datasets_.Versions(name, static_cast<uint32_t>(before), page_size + 1));
  for (v1::DatasetVersion& version : versions) {
    if (response.versions_size() == page_size) {
      response.set_next_page_token(MakeToken(scope, response.versions(page_size - 1).version()));
      break;
    }
    *response.add_versions() = std::move(version);
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* DataServiceHandler::GetDatasetVersion(
    grpc::CallbackServerContext* context, const v1::GetDatasetVersionRequest* request,
    v1::DatasetVersion* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const DatasetReference name, ParseVersionName(request->name(), "name"));
    ASSIGN_OR_RETURN(const VersionRow row, datasets_.Version(name.dataset, name.version));
    *response = row.summary;
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* DataServiceHandler::DescribeDatasetVersion(
    grpc::CallbackServerContext* context, const v1::DescribeDatasetVersionRequest* request,
    v1::DatasetDescription* response) {
  return reads_.Run(context, [=, this]() -> absl::Status {
    ASSIGN_OR_RETURN(const DatasetReference name, ParseVersionName(request->name(), "name"));
    ASSIGN_OR_RETURN(*response, datasets_.Describe(name.dataset, name.version));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* DataServiceHandler::DeleteDatasetVersion(
    grpc::CallbackServerContext* context, const v1::DeleteDatasetVersionRequest* request,
    v1::DatasetVersion* response) {
  return changes_.Run(context, [=, this]() -> absl::Status {
    RETURN_IF_ERROR(CheckRequestId(request->request_id()));
    ASSIGN_OR_RETURN(const DatasetReference name, ParseVersionName(request->name(), "name"));
    if (name.version == 0) {
      return FieldError("name", absl::StrCat("names no version; expected for example ",
                                             VersionName(name.dataset, 1)));
    }
    ASSIGN_OR_RETURN(*response, datasets_.DeleteVersion(name.dataset, name.version,
                                                        request->request_id(), HashOf(*request)));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* DataServiceHandler::ListDatasetFiles(
    grpc::CallbackServerContext* context, const v1::ListDatasetFilesRequest* request,
    v1::ListDatasetFilesResponse* response) {
  return calls_.Run(context, [=, this] { return ListFiles(*request, *response); });
}

absl::Status DataServiceHandler::ListFiles(const v1::ListDatasetFilesRequest& request,
                                           v1::ListDatasetFilesResponse& response) const {
  ASSIGN_OR_RETURN(const int page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const DatasetReference name, ParseVersionName(request.version(), "version"));
  ASSIGN_OR_RETURN(const VersionRow row, datasets_.Version(name.dataset, name.version));
  // A newest version may have another by the next page: its token is of none but this one.
  const std::string scope = "dataset-files:" + row.summary.name();
  ASSIGN_OR_RETURN(const uint64_t first, Position(scope, request.page_token()));
  ASSIGN_OR_RETURN(const v1::DatasetLayout layout, datasets_.Layout(row));
  *response.mutable_version() = row.summary;
  for (uint64_t i = first; i < static_cast<uint64_t>(layout.files_size()); ++i) {
    if (i - first == static_cast<uint64_t>(page_size)) {
      response.set_next_page_token(MakeToken(scope, i));
      break;
    }
    *response.add_files() = layout.files(static_cast<int>(i)).file();
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::DatasetFile> DataServiceHandler::FindFile(const VersionRow& row,
                                                             const std::string& path) const {
  ASSIGN_OR_RETURN(const v1::DatasetLayout layout, datasets_.Layout(row));
  std::vector<std::string> paths;
  for (const v1::DatasetLayout::File& file : layout.files()) {
    if (file.file().path() == path) return file.file();
    if (paths.size() < kMostNamesCompared) paths.push_back(file.file().path());
  }
  return NotFoundError("file", absl::StrCat(row.summary.name(), "/", path),
                       Suggestion(path, paths));
}

grpc::ServerWriteReactor<v1::DownloadDatasetFileResponse>* DataServiceHandler::DownloadDatasetFile(
    grpc::CallbackServerContext* context, const v1::DownloadDatasetFileRequest* request) {
  const auto download = std::make_shared<Download>();
  download->request = *request;
  return ChunkStream<v1::DownloadDatasetFileResponse>::Run(
      downloads_, context,
      [this, download](v1::DownloadDatasetFileResponse& response) -> absl::StatusOr<bool> {
        const bool first = download->bytes == nullptr;
        if (first) {
          const v1::DownloadDatasetFileRequest& asked = download->request;
          ASSIGN_OR_RETURN(const DatasetReference name,
                           ParseVersionName(asked.version(), "version"));
          ASSIGN_OR_RETURN(const VersionRow row, datasets_.Version(name.dataset, name.version));
          ASSIGN_OR_RETURN(*response.mutable_file(), FindFile(row, asked.path()));
          if (asked.offset() > response.file().size_bytes()) {
            return FieldError("offset", absl::StrCat("beyond the file's ",
                                                     response.file().size_bytes(), " bytes"));
          }
          ASSIGN_OR_RETURN(
              download->bytes,
              FileBytes::Open(datasets_.FilePath(name.dataset, row.summary.version(), asked.path()),
                              asked.path()));
          download->offset = asked.offset();
          if (static_cast<uint64_t>(download->bytes->size()) != response.file().size_bytes()) {
            return WithReason(
                absl::DataLossError(absl::StrCat("the stored bytes of ", row.summary.name(), "/",
                                                 asked.path(), " have changed on disk")),
                "CONTENT_CORRUPT");
          }
        }
        response.mutable_chunk()->resize(kChunkBytes);
        ASSIGN_OR_RETURN(const size_t got,
                         download->bytes->ReadAt(static_cast<int64_t>(download->offset),
                                                 response.mutable_chunk()->data(), kChunkBytes));
        response.mutable_chunk()->resize(got);
        download->offset += got;
        return first || got > 0;
      });
}

grpc::ServerUnaryReactor* DataServiceHandler::FindMissingContents(
    grpc::CallbackServerContext* context, const v1::FindMissingContentsRequest* request,
    v1::FindMissingContentsResponse* response) {
  return calls_.Run(context, [=, this]() -> absl::Status {
    if (request->contents_size() > kMostContents)
      return FieldError("contents", absl::StrCat("at most ", kMostContents));
    std::vector<StoredContent> contents;
    for (const v1::Content& content : request->contents())
      contents.push_back({content.sha256(), content.size_bytes()});
    ASSIGN_OR_RETURN(const std::vector<MissingContent> missing, contents_.FindMissing(contents));
    for (const MissingContent& one : missing) {
      v1::FindMissingContentsResponse::Missing* added = response->add_missing();
      added->mutable_content()->set_sha256(one.content.sha256);
      added->mutable_content()->set_size_bytes(one.content.size_bytes);
      added->set_offset(one.offset);
    }
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* DataServiceHandler::CreateDatasetVersion(
    grpc::CallbackServerContext* context, const v1::CreateDatasetVersionRequest* request,
    v1::CreateDatasetVersionResponse* response) {
  return changes_.Run(context, [=, this]() -> absl::Status {
    RETURN_IF_ERROR(CheckRequestId(request->request_id()));
    NewVersion wanted;
    ASSIGN_OR_RETURN(wanted.dataset, ParseDatasetName(request->dataset(), "dataset"));
    if (!IsSha256(request->files_sha256()))
      return FieldError("files_sha256", "expected 64 lower-case hexadecimal digits");
    if (request->repeat() && !request->append())
      return FieldError("repeat", "goes with append only");
    wanted.files_sha256 = request->files_sha256();
    wanted.append = request->append();
    wanted.repeat = request->repeat();
    wanted.request_id = request->request_id();
    wanted.request_hash = HashOf(*request);
    ASSIGN_OR_RETURN(CreatedVersion created, datasets_.Create(wanted));
    *response->mutable_version() = std::move(created.version);
    response->set_existed(created.existed);
    return absl::OkStatus();
  });
}

}  // namespace trainyard
