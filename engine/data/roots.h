// The folders that specifications may read. A path in a specification is relative; the first root
// that holds it wins. "dataset:flowers@3/train.csv" is a file of version 3 of the data set
// `flowers`, which was uploaded. Nothing outside is reachable: absolute paths, "..", and links that
// lead out are refused. Thread-compatible and immutable.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard {

// How a path of an uploaded data set begins.
inline constexpr char kDatasetPrefix[] = "dataset:";

struct DataRoots {
  // Absolute folders, searched in order.
  std::vector<std::string> folders;
  // Where decoded copies of compressed files are kept, so that a second run need not decode; may be
  // empty.
  std::string cache_folder;
  // Holds a folder <data set>@<version> for each version of an uploaded data set; may be empty.
  std::string versions_folder;

  // The absolute path of an existing file or folder. INVALID_ARGUMENT: not a path below a root;
  // NOT_FOUND: in none of them, with the nearest name that is.
  absl::StatusOr<std::string> Resolve(const std::string& path) const;

 private:
  absl::StatusOr<std::string> ResolveDataset(const std::string& path) const;
};

}  // namespace trainyard
