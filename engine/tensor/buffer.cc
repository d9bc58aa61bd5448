#include "engine/tensor/buffer.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace trainyard {
namespace {

constexpr int64_t kHugePageBytes = int64_t{2} << 20;

}  // namespace

absl::StatusOr<Buffer> Buffer::Create(int64_t bytes) {
  const bool large = bytes >= 2 * kHugePageBytes;
  const int64_t alignment = large ? kHugePageBytes : kCacheLineBytes;
  const int64_t rounded = std::max(RoundUp(bytes, alignment), alignment);
  void* memory = std::aligned_alloc(static_cast<size_t>(alignment), static_cast<size_t>(rounded));
  if (memory == nullptr) {
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", bytes, " bytes"));
  }
  if (large) madvise(memory, static_cast<size_t>(rounded), MADV_HUGEPAGE);
  std::memset(memory, 0, static_cast<size_t>(rounded));
  Buffer buffer;
  buffer.data_.reset(static_cast<std::byte*>(memory));
  buffer.bytes_ = bytes;
  return buffer;
}

void Buffer::Free::operator()(std::byte* data) const { std::free(data); }

}  // namespace trainyard
