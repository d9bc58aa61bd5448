// SHA-256, the address of every stored file: artifacts, checkpoints, models.
//
//   std::string address = Sha256Hex(bytes);
//   Sha256 hasher;
//   hasher.Update(first);  hasher.Update(second);
//   std::string same = hasher.HexDigest();
//
// An object is used by one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace trainyard {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(const void* bytes, size_t count);
  void Update(const std::string& bytes) { Update(bytes.data(), bytes.size()); }
  // 64 lower-case hexadecimal digits of all that came before. More may follow.
  std::string HexDigest() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string Sha256Hex(const std::string& bytes);

}  // namespace trainyard
