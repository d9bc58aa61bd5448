// Whole small files, with errors that name them.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trainyard::client {

// NOT_FOUND, PERMISSION_DENIED or INVALID_ARGUMENT (a folder, more than `limit` bytes).
absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit);
// Standard input to its end.
absl::StatusOr<std::string> ReadStandardInput(size_t limit);
// INVALID_ARGUMENT with file and line where `text` is not UTF-8, or holds a zero byte.
absl::Status CheckText(const std::string& text, const std::string& file);
// INVALID_ARGUMENT where something other than a file (a folder, a device) has that name: it is not
// to be replaced by one.
absl::Status CheckReplaceable(const std::string& path);
// Writes to a temporary file beside `path` and renames it: `path` is whole or untouched.
absl::Status WriteFile(const std::string& path, const std::string& bytes);

// INVALID_ARGUMENT, NOT_FOUND ... for the system's error number.
absl::Status SystemError(int error, const std::string& what);

}  // namespace trainyard::client
