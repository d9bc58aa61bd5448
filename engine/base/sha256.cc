#include "engine/base/sha256.h"

#include <openssl/evp.h>

#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr size_t kDigestBytes = 32;
constexpr char kHexDigits[] = "0123456789abcdef";

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using ContextPointer = std::unique_ptr<EVP_MD_CTX, FreeContext>;

ContextPointer NewContext() {
  ContextPointer context(EVP_MD_CTX_new());
  TRAINYARD_CHECK(context != nullptr, "out of memory");
  return context;
}

}  // namespace

struct Sha256::Context {
  ContextPointer evp = NewContext();
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  TRAINYARD_CHECK(EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr) == 1,
                  "no SHA-256 in OpenSSL");
}

Sha256::~Sha256() = default;

void Sha256::Update(const void* bytes, size_t count) {
  TRAINYARD_CHECK(EVP_DigestUpdate(context_->evp.get(), bytes, count) == 1, "SHA-256 failed");
}

std::string Sha256::HexDigest() const {
  // Finishing ends a context; a copy is finished, so that more may follow.
  const ContextPointer copy = NewContext();
  unsigned char digest[kDigestBytes];
  unsigned int length = 0;
  TRAINYARD_CHECK(EVP_MD_CTX_copy_ex(copy.get(), context_->evp.get()) == 1 &&
                      EVP_DigestFinal_ex(copy.get(), digest, &length) == 1 &&
                      length == kDigestBytes,
                  "SHA-256 failed");
  std::string text;
  text.reserve(2 * kDigestBytes);
  for (unsigned char byte : digest) {
    text.push_back(kHexDigits[byte >> 4]);
    text.push_back(kHexDigits[byte & 15]);
  }
  return text;
}

std::string Sha256Hex(const std::string& bytes) {
  Sha256 hasher;
  hasher.Update(bytes);
  return hasher.HexDigest();
}

}  // namespace trainyard
