// Rows of comma-separated text (RFC 4180), as `predict` shows them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace trainyard::cli {

// INVALID_ARGUMENT where a quote is left open or a row has another number of cells than the first.
absl::StatusOr<std::vector<std::vector<std::string>>> ParseCsv(const std::string& text);

}  // namespace trainyard::cli
