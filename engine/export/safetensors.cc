#include "engine/export/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

static_assert(std::endian::native == std::endian::little,
              "values are copied as they lie in memory");

constexpr size_t kLengthBytes = 8;
constexpr size_t kAlignment = 64;
// A tensor takes about 100 bytes of header.
constexpr uint64_t kLargestHeader = uint64_t{64} << 20;
constexpr size_t kShownName = 80;
constexpr char kFloat32[] = "F32";
constexpr char kReservedName[] = "__metadata__";

absl::Status Invalid(const std::string& name, const std::string& message) {
  return absl::InvalidArgumentError(
      absl::StrCat("tensor '", name.substr(0, kShownName), "': ", message));
}

// Bytes of a tensor of this shape; -1 where they are beyond 64 bits or a dimension is negative.
int64_t BytesOf(const std::vector<int64_t>& shape) {
  constexpr int64_t kBeyond = -1;
  int64_t bytes = sizeof(float);
  for (int64_t dimension : shape) {
    if (dimension < 0 || __builtin_mul_overflow(bytes, dimension, &bytes)) return kBeyond;
  }
  return bytes;
}

absl::Status CheckEntries(const std::vector<SafetensorsEntry>& entries, uint64_t value_bytes) {
  std::vector<const SafetensorsEntry*> by_place;
  for (const SafetensorsEntry& entry : entries) {
    if (entry.dtype != kFloat32) {
      return Invalid(entry.name, absl::StrCat("dtype ", entry.dtype.substr(0, kShownName),
                                              ", only F32 is read"));
    }
    if (entry.begin > entry.end || BytesOf(entry.shape) != entry.end - entry.begin) {
      return Invalid(entry.name, "data_offsets do not fit the shape");
    }
    by_place.push_back(&entry);
  }
  // Empty tensors come before the one that begins at their place.
  std::sort(by_place.begin(), by_place.end(),
            [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
              return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
            });
  int64_t place = 0;
  for (const SafetensorsEntry* entry : by_place) {
    if (entry->begin != place)
      return Invalid(entry->name, "data_offsets overlap another tensor or leave a gap");
    place = entry->end;
  }
  if (static_cast<uint64_t>(place) != value_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("safetensors: the header describes ", place,
                                                   " bytes of values, the file has ", value_bytes));
  }
  return absl::OkStatus();
}

}  // namespace

const NamedTensor* SafetensorsFile::Find(const std::string& name) const {
  const auto found = std::lower_bound(
      tensors.begin(), tensors.end(), name,
      [](const NamedTensor& tensor, const std::string& n) { return tensor.name < n; });
  return found != tensors.end() && found->name == name ? &*found : nullptr;
}

absl::StatusOr<std::string> WriteSafetensors(const std::vector<NamedTensor>& tensors,
                                             const std::map<std::string, std::string>& metadata) {
  std::vector<const NamedTensor*> sorted;
  for (const NamedTensor& tensor : tensors) sorted.push_back(&tensor);
  std::sort(sorted.begin(), sorted.end(),
            [](const NamedTensor* a, const NamedTensor* b) { return a->name < b->name; });

  SafetensorsHeader header;
  header.metadata = metadata;
  int64_t place = 0;
  for (const NamedTensor* tensor : sorted) {
    const int64_t bytes = static_cast<int64_t>(tensor->values.size() * sizeof(float));
    if (BytesOf(tensor->shape) != bytes)
      return Invalid(tensor->name, "the shape does not fit the values");
    if (tensor->name == kReservedName ||
        (!header.entries.empty() && header.entries.back().name == tensor->name)) {
      return Invalid(tensor->name, "the name is taken");
    }
    header.entries.push_back({tensor->name, kFloat32, tensor->shape, place, place + bytes});
    place += bytes;
  }

  std::string json = SafetensorsHeaderJson(header);
  const size_t past = (kLengthBytes + json.size()) % kAlignment;
  if (past != 0) json.append(kAlignment - past, ' ');
  if (json.size() > kLargestHeader)
    return absl::InvalidArgumentError("safetensors: the header is too large");

  std::string bytes;
  bytes.reserve(kLengthBytes + json.size() + static_cast<size_t>(place));
  const uint64_t length = json.size();
  bytes.append(reinterpret_cast<const char*>(&length), kLengthBytes);
  bytes.append(json);
  for (const NamedTensor* tensor : sorted) {
    bytes.append(reinterpret_cast<const char*>(tensor->values.data()),
                 tensor->values.size() * sizeof(float));
  }
  return bytes;
}

absl::StatusOr<SafetensorsFile> ReadSafetensors(const std::string& bytes) {
  if (bytes.size() < kLengthBytes)
    return absl::InvalidArgumentError("safetensors: shorter than 8 bytes");
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kLargestHeader || length > bytes.size() - kLengthBytes) {
    return absl::InvalidArgumentError(absl::StrCat("safetensors: a header of ", length,
                                                   " bytes in a file of ", bytes.size(),
                                                   "; is it a safetensors file?"));
  }
  ASSIGN_OR_RETURN(SafetensorsHeader header,
                   ParseSafetensorsHeader(absl::string_view(bytes.data() + kLengthBytes, length)));
  const char* values = bytes.data() + kLengthBytes + length;
  RETURN_IF_ERROR(CheckEntries(header.entries, bytes.size() - kLengthBytes - length));

  SafetensorsFile file;
  file.metadata = std::move(header.metadata);
  for (SafetensorsEntry& entry : header.entries) {
    NamedTensor tensor{std::move(entry.name), std::move(entry.shape), {}};
    tensor.values.resize(static_cast<size_t>(entry.end - entry.begin) / sizeof(float));
    // memcpy from null is undefined even for no bytes.
    if (!tensor.values.empty()) {
      std::memcpy(tensor.values.data(), values + entry.begin, tensor.values.size() * sizeof(float));
    }
    file.tensors.push_back(std::move(tensor));
  }
  std::sort(file.tensors.begin(), file.tensors.end(),
            [](const NamedTensor& a, const NamedTensor& b) { return a.name < b.name; });
  return file;
}

absl::StatusOr<SafetensorsHeader> ReadSafetensorsHeader(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error) && !std::filesystem::is_regular_file(path, error))
    return absl::DataLossError("is no regular file");  // to open a pipe would wait for its writer
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return absl::NotFoundError("the file is not there");
  const auto size = static_cast<uint64_t>(std::max<std::streamoff>(file.tellg(), 0));
  file.seekg(0);
  uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), kLengthBytes);
  if (!file || length > kLargestHeader)
    return absl::DataLossError("the file does not begin as safetensors do");
  std::string json(length, '\0');
  file.read(json.data(), static_cast<std::streamsize>(length));
  if (!file) return absl::DataLossError("the file ends within its header");
  absl::StatusOr<SafetensorsHeader> header = ParseSafetensorsHeader(json);
  if (!header.ok()) return absl::DataLossError(Message(header.status()));
  const absl::Status entries = CheckEntries(header->entries, size - kLengthBytes - length);
  if (!entries.ok()) return absl::DataLossError(Message(entries));
  return header;
}

}  // namespace trainyard
