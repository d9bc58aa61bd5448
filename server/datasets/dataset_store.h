// Data sets and their versions: the single owner of what happens to them. Sits between the API and
// the store; contents come through ContentStore.
//
// A version is made in this order, so that a server that is killed anywhere leaves a whole version
// or none: contents are in place -> which of them it needs -> its folder of links (version_tree.h)
// -> its row. What was left on the way is swept when the next server starts.
//
// All calls block, some for as long as it takes to read a data set: use an executor. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/violations.h"
#include "server/datasets/content_store.h"
#include "server/store/datasets_table.h"
#include "server/store/store.h"
#include "trainyard/v1/dataset.pb.h"
#include "trainyard/v1/spec.pb.h"

namespace trainyard {

// See CreateDatasetVersionRequest.
struct NewVersion {
  std::string dataset;
  std::string files_sha256;
  bool append = false;
  bool repeat = false;
  // Optional. `request_hash` is that of the whole request body.
  std::string request_id;
  std::string request_hash;
};

struct CreatedVersion {
  v1::DatasetVersion version;
  bool existed = false;
};

class DatasetStore {
 public:
  struct Options {
    // Of all versions of a data set together, on disk; 0: what the server has.
    uint64_t most_bytes_per_dataset = 0;
  };

  // Sweeps what an earlier server left unfinished. `versions_folder` is made where it is missing.
  static absl::StatusOr<std::unique_ptr<DatasetStore>> Open(Store& store, ContentStore& contents,
                                                            std::string versions_folder,
                                                            Options options, const Clock& clock);

  // INVALID_ARGUMENT: the list of files, or what cannot be appended. NOT_FOUND: nothing to append
  // to. FAILED_PRECONDITION CONTENTS_MISSING. RESOURCE_EXHAUSTED QUOTA_EXCEEDED, DISK_FULL.
  // UNAVAILABLE DATASET_BUSY: it is being changed.
  absl::StatusOr<CreatedVersion> Create(const NewVersion& wanted);
  // NOT_FOUND; FAILED_PRECONDITION DATASET_IN_USE.
  absl::StatusOr<v1::Dataset> Delete(const std::string& dataset, const std::string& request_id,
                                     const std::string& request_hash);
  absl::StatusOr<v1::DatasetVersion> DeleteVersion(const std::string& dataset, uint32_t version,
                                                   const std::string& request_id,
                                                   const std::string& request_hash);

  absl::StatusOr<v1::Dataset> Get(const std::string& dataset) const;
  // Those after the name `after`, by name.
  absl::StatusOr<std::vector<v1::Dataset>> List(const std::string& after, int limit) const;
  // Newest first, those before the number `before` (0: all). NOT_FOUND: no such data set.
  absl::StatusOr<std::vector<v1::DatasetVersion>> Versions(const std::string& dataset,
                                                           uint32_t before, int limit) const;
  // Version 0: the newest. NOT_FOUND.
  absl::StatusOr<VersionRow> Version(const std::string& dataset, uint32_t version) const;
  absl::StatusOr<v1::DatasetLayout> Layout(const VersionRow& row) const;
  // Reads the version, unless that was done before.
  absl::StatusOr<v1::DatasetDescription> Describe(const std::string& dataset, uint32_t version);

  // Where a file of a version is, for FileBytes.
  std::string FilePath(const std::string& dataset, uint32_t version, const std::string& path) const;

  // Gives each "dataset:..." of a specification its version, the newest where it names none, so
  // that a retry reads the same bytes; a data set of one file needs no path.
  void Pin(v1::Specification& specification, Violations& violations) const;

 private:
  class Creation;
  DatasetStore(Store& store, ContentStore& contents, std::string versions_folder, Options options,
               const Clock& clock)
      : store_(store),
        contents_(contents),
        versions_folder_(std::move(versions_folder)),
        options_(options),
        clock_(clock) {}

  // UNAVAILABLE DATASET_BUSY where somebody else changes the data set.
  template <typename Change>
  auto Alone(const std::string& dataset, const Change& change) -> decltype(change());
  absl::Status SweepTrees();
  absl::Status MendTrees();
  absl::StatusOr<std::optional<std::string>> Answer(const std::string& request_id,
                                                    const std::string& request_hash) const;
  absl::Status PinOne(std::string& text) const;
  std::string TreePath(const std::string& dataset, uint32_t version) const;

  Store& store_;
  ContentStore& contents_;
  const std::string versions_folder_;
  const Options options_;
  const Clock& clock_;
  Mutex mutex_;
  // Data sets that are being changed.
  std::set<std::string> busy_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
