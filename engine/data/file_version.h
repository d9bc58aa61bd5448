// When the bytes of a data file may have changed. For caches of what was read, and for results of
// before.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace trainyard {

// Stays the same only while the file's contents do. `name` is that of the specification: files of
// uploaded data sets never change, and get another name with each version, which is no change.
absl::StatusOr<std::string> VersionOfFile(const std::string& path, const std::string& name);

}  // namespace trainyard
