// The folders that specifications may read. A path in a specification is relative; the first root
// that holds it wins. Nothing outside the roots is reachable: absolute paths, "..", and links that
// lead out are refused. Thread-compatible and immutable.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard {

struct DataRoots {
  // Absolute folders, searched in order.
  std::vector<std::string> folders;
  // Where decoded copies of compressed files are kept, so that a second run need not decode; may be
  // empty.
  std::string cache_folder;

  // The absolute path of an existing file or folder. INVALID_ARGUMENT: not a path below a root;
  // NOT_FOUND: in none of them, with the nearest name that is.
  absl::StatusOr<std::string> Resolve(const std::string& path) const;
};

}  // namespace trainyard
