// The JSON header of a safetensors file: which tensors there are, and where. Reads exactly the JSON
// that the format allows, nothing deeper, so that no bytes can make it recurse or allocate without
// bound.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace trainyard {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  // Of the values, in bytes from the end of the header.
  int64_t begin = 0;
  int64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

// INVALID_ARGUMENT names the byte at which the JSON goes wrong. Offsets and shapes are not compared
// yet.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(absl::string_view json);

// In the order of the entries.
std::string SafetensorsHeaderJson(const SafetensorsHeader& header);

}  // namespace trainyard
