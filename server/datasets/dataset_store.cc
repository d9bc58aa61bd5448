#include "server/datasets/dataset_store.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/formats/input_file.h"
#include "server/datasets/creation.h"
#include "server/datasets/description.h"
#include "server/datasets/files.h"
#include "server/datasets/version_tree.h"
#include "server/store/contents.h"
#include "server/store/dataset_names.h"

namespace trainyard {
namespace {

constexpr int kPage = 1000;
constexpr int64_t kLargestLayout = 256 << 20;

absl::Status Unreadable() {
  return WithReason(absl::DataLossError("a stored answer cannot be read"), "DATABASE_CORRUPT");
}

}  // namespace

absl::StatusOr<std::unique_ptr<DatasetStore>> DatasetStore::Open(Store& store,
                                                                 ContentStore& contents,
                                                                 std::string versions_folder,
                                                                 Options options,
                                                                 const Clock& clock) {
  std::unique_ptr<DatasetStore> datasets(
      new DatasetStore(store, contents, std::move(versions_folder), options, clock));
  RETURN_IF_ERROR(MakeFolders(datasets->versions_folder_));
  RETURN_IF_ERROR(datasets->SweepTrees());
  RETURN_IF_ERROR(datasets->MendTrees());
  return datasets;
}

// Folders whose version was never made, or was removed.
absl::Status DatasetStore::SweepTrees() {
  std::vector<std::string> orphans;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(versions_folder_, error), end;
         !error && entry != end; entry.increment(error)) {
      const auto name = ParseVersionName(entry->path().filename().string(), "");
      if (!name.ok() || name->version == 0 ||
          !trainyard::GetVersion(connection, name->dataset, name->version).ok()) {
        orphans.push_back(entry->path().string());
      }
    }
    return absl::OkStatus();
  }));
  for (const std::string& orphan : orphans) RETURN_IF_ERROR(RemoveAll(orphan));
  return absl::OkStatus();
}

// The folders cost nothing to make again, so that a copy of the data folder may go without them.
absl::Status DatasetStore::MendTrees() {
  std::string after;
  for (;;) {
    ASSIGN_OR_RETURN(const std::vector<v1::Dataset> page, List(after, kPage));
    if (page.empty()) return absl::OkStatus();
    for (const v1::Dataset& dataset : page) {
      ASSIGN_OR_RETURN(after, ParseDatasetName(dataset.name(), "name"));
      uint32_t before = 0;
      for (;;) {
        ASSIGN_OR_RETURN(const auto versions, Versions(after, before, kPage));
        for (const v1::DatasetVersion& version : versions) {
          before = version.version();
          const std::string tree = TreePath(after, version.version());
          std::error_code error;
          if (std::filesystem::is_directory(tree, error)) continue;
          ASSIGN_OR_RETURN(const VersionRow row, Version(after, version.version()));
          const auto layout = Layout(row);
          // What cannot be mended is said to whoever reads it.
          if (layout.ok()) MakeVersionTree(*layout, contents_, tree).IgnoreError();
        }
        if (versions.size() < kPage) break;
      }
    }
  }
}

std::string DatasetStore::TreePath(const std::string& dataset, uint32_t version) const {
  return absl::StrCat(versions_folder_, "/", dataset, "@", version);
}

std::string DatasetStore::FilePath(const std::string& dataset, uint32_t version,
                                   const std::string& path) const {
  return absl::StrCat(TreePath(dataset, version), "/", path);
}

absl::StatusOr<std::optional<std::string>> DatasetStore::Answer(
    const std::string& request_id, const std::string& request_hash) const {
  std::optional<std::string> answer;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(answer, FindDatasetAnswer(connection, request_id, request_hash));
    return absl::OkStatus();
  }));
  return answer;
}

template <typename Change>
auto DatasetStore::Alone(const std::string& dataset, const Change& change) -> decltype(change()) {
  {
    MutexLock lock(mutex_);
    if (!busy_.insert(dataset).second) {
      return WithReason(
          absl::UnavailableError(absl::StrCat("'", dataset, "' is being changed; try again")),
          "DATASET_BUSY");
    }
  }
  auto result = change();
  MutexLock lock(mutex_);
  busy_.erase(dataset);
  return result;
}

absl::StatusOr<CreatedVersion> DatasetStore::Create(const NewVersion& wanted) {
  RETURN_IF_ERROR(CheckDatasetName(wanted.dataset));
  return Alone(wanted.dataset, [&]() -> absl::StatusOr<CreatedVersion> {
    ASSIGN_OR_RETURN(const std::optional<std::string> answer,
                     Answer(wanted.request_id, wanted.request_hash));
    if (!answer.has_value()) return Creation(*this, wanted).Run();
    CreatedVersion stored;
    if (answer->empty() || !stored.version.ParseFromString(answer->substr(1))) return Unreadable();
    stored.existed = answer->front() == '1';
    return stored;
  });
}

absl::StatusOr<v1::Dataset> DatasetStore::Delete(const std::string& dataset,
                                                 const std::string& request_id,
                                                 const std::string& request_hash) {
  return Alone(dataset, [&]() -> absl::StatusOr<v1::Dataset> {
    v1::Dataset removed;
    std::vector<uint32_t> numbers;
    RETURN_IF_ERROR(store_.WriteAndWait([&](Connection& connection) -> absl::Status {
      numbers.clear();
      ASSIGN_OR_RETURN(const auto answer, FindDatasetAnswer(connection, request_id, request_hash));
      if (answer.has_value())
        return removed.ParseFromString(*answer) ? absl::OkStatus() : Unreadable();
      ASSIGN_OR_RETURN(removed, trainyard::GetDataset(connection, dataset));
      for (;;) {
        ASSIGN_OR_RETURN(const auto versions, ListVersions(connection, dataset, 0, kPage));
        if (versions.empty()) break;
        for (const v1::DatasetVersion& version : versions) {
          RETURN_IF_ERROR(RemoveVersion(connection, dataset, version.version()));
          numbers.push_back(version.version());
        }
      }
      return RememberDatasetAnswer(connection, request_id, request_hash,
                                   removed.SerializeAsString(), clock_.Now());
    }));
    for (const uint32_t number : numbers) RETURN_IF_ERROR(RemoveAll(TreePath(dataset, number)));
    RETURN_IF_ERROR(contents_.CollectGarbage());
    return removed;
  });
}

absl::StatusOr<v1::DatasetVersion> DatasetStore::DeleteVersion(const std::string& dataset,
                                                               uint32_t version,
                                                               const std::string& request_id,
                                                               const std::string& request_hash) {
  return Alone(dataset, [&]() -> absl::StatusOr<v1::DatasetVersion> {
    v1::DatasetVersion removed;
    RETURN_IF_ERROR(store_.WriteAndWait([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(const auto answer, FindDatasetAnswer(connection, request_id, request_hash));
      if (answer.has_value())
        return removed.ParseFromString(*answer) ? absl::OkStatus() : Unreadable();
      ASSIGN_OR_RETURN(const VersionRow row, trainyard::GetVersion(connection, dataset, version));
      removed = row.summary;
      RETURN_IF_ERROR(RemoveVersion(connection, dataset, version));
      return RememberDatasetAnswer(connection, request_id, request_hash,
                                   removed.SerializeAsString(), clock_.Now());
    }));
    // Numbers are never given again: of a repeat it is gone already.
    RETURN_IF_ERROR(RemoveAll(TreePath(dataset, version)));
    RETURN_IF_ERROR(contents_.CollectGarbage());
    return removed;
  });
}

absl::StatusOr<v1::Dataset> DatasetStore::Get(const std::string& dataset) const {
  v1::Dataset found;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(found, trainyard::GetDataset(connection, dataset));
    return absl::OkStatus();
  }));
  return found;
}

absl::StatusOr<std::vector<v1::Dataset>> DatasetStore::List(const std::string& after,
                                                            int limit) const {
  std::vector<v1::Dataset> datasets;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(datasets, ListDatasets(connection, after, limit));
    return absl::OkStatus();
  }));
  return datasets;
}

absl::StatusOr<std::vector<v1::DatasetVersion>> DatasetStore::Versions(const std::string& dataset,
                                                                       uint32_t before,
                                                                       int limit) const {
  std::vector<v1::DatasetVersion> versions;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    RETURN_IF_ERROR(trainyard::GetVersion(connection, dataset, 0).status());
    ASSIGN_OR_RETURN(versions, ListVersions(connection, dataset, before, limit));
    return absl::OkStatus();
  }));
  return versions;
}

absl::StatusOr<VersionRow> DatasetStore::Version(const std::string& dataset,
                                                 uint32_t version) const {
  VersionRow row;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(row, trainyard::GetVersion(connection, dataset, version));
    return absl::OkStatus();
  }));
  return row;
}

absl::StatusOr<v1::DatasetLayout> DatasetStore::Layout(const VersionRow& row) const {
  v1::DatasetLayout layout;
  const absl::StatusOr<std::string> stored =
      ReadWhole(contents_.Path(row.layout_sha256),
                absl::StrCat("the layout of ", row.summary.name()), kLargestLayout);
  if (stored.ok() && layout.ParseFromString(*stored)) return layout;
  return WithReason(absl::DataLossError(absl::StrCat("the stored list of files of ",
                                                     row.summary.name(), " cannot be read")),
                    "CONTENT_CORRUPT");
}

absl::StatusOr<v1::DatasetDescription> DatasetStore::Describe(const std::string& dataset,
                                                              uint32_t version) {
  ASSIGN_OR_RETURN(const VersionRow row, Version(dataset, version));
  v1::DatasetDescription description;
  std::string known;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(known, FindDescription(connection, dataset, row.summary.version()));
    return absl::OkStatus();
  }));
  if (known.empty() || !description.ParseFromString(known)) {
    ASSIGN_OR_RETURN(const v1::DatasetLayout layout, Layout(row));
    description = DescribeFiles(layout, TreePath(dataset, row.summary.version()));
    RETURN_IF_ERROR(store_.WriteAndWait([&](Connection& connection) {
      return KeepDescription(connection, dataset, row.summary.version(),
                             description.SerializeAsString());
    }));
  }
  *description.mutable_version() = row.summary;
  return description;
}

void DatasetStore::Pin(v1::Specification& specification, Violations& violations) const {
  VisitReferences(specification, [&](const std::string& field, std::string& text) {
    if (const absl::Status status = PinOne(text); !status.ok())
      violations.Add(field, Message(status));
  });
}

absl::Status DatasetStore::PinOne(std::string& text) const {
  ASSIGN_OR_RETURN(DatasetReference reference, ParseReference(text));
  ASSIGN_OR_RETURN(const VersionRow row, Version(reference.dataset, reference.version));
  reference.version = row.summary.version();
  if (reference.path.empty() && row.summary.files() == 1) {
    ASSIGN_OR_RETURN(const v1::DatasetLayout layout, Layout(row));
    reference.path = layout.files(0).file().path();
  }
  text = reference.Text();
  return absl::OkStatus();
}

}  // namespace trainyard
