#include "server/rpc/opaque_token.h"

#include "absl/strings/escaping.h"

namespace trainyard {
namespace {

constexpr char kVersion = 1;
constexpr size_t kBytes = 1 + 8 + 8;

// FNV-1a, 64 bits.
uint64_t Checksum(const std::string& scope, uint64_t position) {
  uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3u; };
  for (const char c : scope) add(static_cast<unsigned char>(c));
  for (int shift = 0; shift < 64; shift += 8) add(static_cast<unsigned char>(position >> shift));
  return hash;
}

void Append(uint64_t value, std::string& bytes) {
  for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<char>(value >> shift));
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

}  // namespace trainyard
