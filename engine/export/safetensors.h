// The safetensors file format (github.com/huggingface/safetensors): model files, and with metadata
// checkpoints. 8 bytes little-endian header length, a JSON header, then the values.
//
// Writing gives the same bytes for the same content: tensors by name, metadata by key, the values
// aligned to 64 bytes. Reading is strict, for the bytes may come from a user: every name once,
// every byte of the values in exactly one tensor, dtype F32. Pure functions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/export/safetensors_header.h"

namespace trainyard {

struct NamedTensor {
  std::string name;  // UTF-8, not "__metadata__"
  std::vector<int64_t> shape;
  std::vector<float> values;  // row-major
};

struct SafetensorsFile {
  std::vector<NamedTensor> tensors;  // by name
  std::map<std::string, std::string> metadata;

  // Null where there is none of that name.
  const NamedTensor* Find(const std::string& name) const;
};

// INVALID_ARGUMENT where a name comes twice, a shape does not fit its values, or the header would
// be larger than a reader takes. Metadata must be UTF-8.
absl::StatusOr<std::string> WriteSafetensors(const std::vector<NamedTensor>& tensors,
                                             const std::map<std::string, std::string>& metadata);

// INVALID_ARGUMENT says what is wrong with the bytes. Takes memory in proportion to the bytes.
absl::StatusOr<SafetensorsFile> ReadSafetensors(const std::string& bytes);

// Of a file, whose values are not read but have the place that the header gives them. NOT_FOUND;
// DATA_LOSS says what is wrong.
absl::StatusOr<SafetensorsHeader> ReadSafetensorsHeader(const std::string& path);

}  // namespace trainyard
