// A read-only array whose memory is a vector or a mapped file. Copies are cheap and share the
// memory: the parts of one data set outlive the call that loaded it, in any order, which is why it
// is shared. Immutable and thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trainyard {

template <typename T>
class SharedArray {
 public:
  SharedArray() = default;
  SharedArray(std::vector<T> values)  // NOLINT: a vector is one
      : SharedArray(std::make_shared<const std::vector<T>>(std::move(values))) {}
  // Memory of `owner`.
  SharedArray(const T* data, size_t size, std::shared_ptr<const void> owner)
      : owner_(std::move(owner)), data_(data), size_(size) {}

  const T* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](size_t index) const { return data_[index]; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  explicit SharedArray(std::shared_ptr<const std::vector<T>> values)
      : data_(values->data()), size_(values->size()) {
    owner_ = std::move(values);
  }

  std::shared_ptr<const void> owner_;
  const T* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace trainyard
