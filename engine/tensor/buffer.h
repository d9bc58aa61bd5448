// A block of zeroed bytes on a cache-line (and, when large, huge-page) boundary. Owner; movable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"

namespace trainyard {

constexpr int64_t kCacheLineBytes = 64;

inline int64_t RoundUp(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

struct FreeBuffer {
  size_t mapped_bytes = 0;  // 0: from the heap
  void operator()(std::byte* data) const;
};

class Buffer {
 public:
  Buffer() = default;
  // RESOURCE_EXHAUSTED where the memory is not to be had.
  static absl::StatusOr<Buffer> Create(int64_t bytes);

  std::byte* data() const { return data_.get(); }
  float* floats() const { return reinterpret_cast<float*>(data_.get()); }
  int64_t bytes() const { return bytes_; }

 private:
  std::unique_ptr<std::byte, FreeBuffer> data_;
  int64_t bytes_ = 0;
};

}  // namespace trainyard
