#include "engine/data/file_version.h"

#include "absl/strings/match.h"
#include "engine/data/roots.h"
#include "engine/formats/input_file.h"

namespace trainyard {

absl::StatusOr<std::string> VersionOfFile(const std::string& path, const std::string& name) {
  return absl::StartsWith(name, kDatasetPrefix) ? FileVersion(path, name)
                                                : StrictFileVersion(path, name);
}

}  // namespace trainyard
