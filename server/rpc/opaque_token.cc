#include "server/rpc/opaque_token.h"

#include "absl/strings/escaping.h"

namespace trainyard {
namespace {

constexpr char kVersion = 1;
constexpr size_t kBytes = 1 + 8 + 8;
constexpr char kNameVersion = 2;
constexpr size_t kNameBytes = 1 + 8;
constexpr size_t kLongestToken = 4096;

// FNV-1a, 64 bits.
uint64_t Checksum(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

void Append(uint64_t value, std::string& bytes) {
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
}

uint64_t Checksum(const std::string& scope, uint64_t position) {
  std::string bytes = scope;
  Append(position, bytes);
  return Checksum(bytes);
}

uint64_t Checksum(const std::string& scope, const std::string& name) {
  return Checksum(scope + '\0' + name);
}

uint64_t Read(const std::string& bytes, size_t offset) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i)
    value |= uint64_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  return value;
}

}  // namespace

std::string MakeToken(const std::string& scope, uint64_t position) {
  std::string bytes(1, kVersion);
  Append(position, bytes);
  Append(Checksum(scope, position), bytes);
  return absl::WebSafeBase64Escape(bytes);
}

std::optional<uint64_t> ReadToken(const std::string& scope, const std::string& token) {
  std::string bytes;
  if (token.size() > 2 * kBytes || !absl::WebSafeBase64Unescape(token, &bytes)) return std::nullopt;
  if (bytes.size() != kBytes || bytes[0] != kVersion) return std::nullopt;
  const uint64_t position = Read(bytes, 1);
  if (Read(bytes, 1 + 8) != Checksum(scope, position)) return std::nullopt;
  return position;
}

std::string MakeNameToken(const std::string& scope, const std::string& name) {
  std::string bytes(1, kNameVersion);
  Append(Checksum(scope, name), bytes);
  return absl::WebSafeBase64Escape(bytes + name);
}

std::optional<std::string> ReadNameToken(const std::string& scope, const std::string& token) {
  std::string bytes;
  if (token.size() > kLongestToken || !absl::WebSafeBase64Unescape(token, &bytes))
    return std::nullopt;
  if (bytes.size() < kNameBytes || bytes[0] != kNameVersion) return std::nullopt;
  std::string name = bytes.substr(kNameBytes);
  if (Read(bytes, 1) != Checksum(scope, name)) return std::nullopt;
  return name;
}

}  // namespace trainyard
