// Arithmetic of counts and sizes that a user's specification decides: stops at int64's maximum
// instead of wrapping around, so that a check against a limit is safe. For operands that are not
// negative.
#pragma once

#include <cstdint>
#include <limits>

namespace trainyard {

inline int64_t AddSaturated(int64_t a, int64_t b) {
  int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
}

inline int64_t MultiplySaturated(int64_t a, int64_t b) {
  int64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

}  // namespace trainyard
