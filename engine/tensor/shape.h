// The shape of one sample or one parameter; the batch dimension is never part of it. Value type.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"

namespace trainyard {

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(std::vector<int64_t> dims) : dims_(std::move(dims)) {}

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t operator[](int axis) const { return dims_[axis]; }
  const std::vector<int64_t>& dims() const { return dims_; }
  // Product of the dimensions; saturates at int64's maximum, so that a check against a limit is
  // safe.
  int64_t elements() const {
    int64_t product = 1;
    for (int64_t dim : dims_) {
      if (__builtin_mul_overflow(product, dim, &product))
        return std::numeric_limits<int64_t>::max();
    }
    return product;
  }
  // "[1, 28, 28]".
  std::string ToString() const { return "[" + absl::StrJoin(dims_, ", ") + "]"; }
  bool operator==(const Shape&) const = default;

 private:
  std::vector<int64_t> dims_;
};

}  // namespace trainyard
