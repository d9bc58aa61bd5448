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
  Buffer buffer;
  buffer.bytes_ = bytes;
  std::byte* data = nullptr;
  if (bytes >= 2 * kHugePageBytes) {
    // The system's pages are zero, and are there when they are first touched: by the threads that
    // use them, and never where nobody does.
    const size_t mapped = static_cast<size_t>(RoundUp(bytes, kHugePageBytes));
    void* const memory =
        mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
      madvise(memory, mapped, MADV_HUGEPAGE);
      data = static_cast<std::byte*>(memory);
      buffer.data_ = {data, FreeBuffer{mapped}};
    }
  } else {
    const size_t rounded =
        static_cast<size_t>(std::max(RoundUp(bytes, kCacheLineBytes), kCacheLineBytes));
    data = static_cast<std::byte*>(std::aligned_alloc(kCacheLineBytes, rounded));
    if (data != nullptr) std::memset(data, 0, rounded);
    buffer.data_ = {data, FreeBuffer{0}};
  }
  if (data == nullptr)
    return absl::ResourceExhaustedError(absl::StrCat("no memory for ", bytes, " bytes"));
  return buffer;
}

void FreeBuffer::operator()(std::byte* data) const {
  if (mapped_bytes > 0) {
    munmap(data, mapped_bytes);
  } else {
    std::free(data);
  }
}

}  // namespace trainyard
