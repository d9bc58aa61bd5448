// Texts with a label beside each, from CSV files with a header and from JSONL (one object a line).
// Read row by row in constant memory; plain or gzip.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace trainyard {

struct TextRowsOptions {
  bool jsonl = false;
  char delimiter = ',';  // of CSV
  std::string text;      // column, or field of the objects
  std::string label;
  bool label_may_be_absent = false;
};

struct TextRow {
  std::string_view text;
  std::string_view label;  // empty: absent
  std::string where;       // "file:line", for messages
};

// Calls row() for each; its error ends the reading. INVALID_ARGUMENT "file:line: ..." for what is
// no CSV or JSON, and where a row has no text or no label.
absl::Status ForEachTextRow(const std::string& path, const std::string& name,
                            const TextRowsOptions& options,
                            const std::function<absl::Status(const TextRow&)>& row);

}  // namespace trainyard
