// The making of one version, from its list of files to its row. Used by DatasetStore, once.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/datasets/dataset_store.h"

namespace trainyard {

class DatasetStore::Creation {
 public:
  Creation(DatasetStore& datasets, const NewVersion& wanted)
      : datasets_(datasets),
        store_(datasets.store_),
        contents_(datasets.contents_),
        wanted_(wanted) {}

  absl::StatusOr<CreatedVersion> Run();

 private:
  absl::StatusOr<std::vector<v1::DatasetFile>> ReadFiles();
  absl::Status CheckContents();
  // What is new, over what the newest version has.
  absl::Status Merge();
  absl::Status CheckQuota();
  absl::Status Write(uint32_t number);
  absl::Status Commit(const VersionRow& row);
  absl::Status LetGo();
  absl::StatusOr<CreatedVersion> Existing(const v1::DatasetVersion& version);
  std::string StoredAnswer(const v1::DatasetVersion& version, bool existed) const;

  DatasetStore& datasets_;
  Store& store_;
  ContentStore& contents_;
  const NewVersion& wanted_;
  std::vector<v1::DatasetFile> files_;  // that were sent
  v1::DatasetLayout layout_;
  std::vector<v1::DatasetFile> listed_;  // of the new version
  std::string layout_sha256_;
  v1::DatasetVersion base_;
};

}  // namespace trainyard
