// Numbers below the smallest normal one, which the processor works with some hundred times slower:
// averages of gradients that have become zero end among them.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace trainyard {

// While it lives, they are zero on this thread, as operands and as results.
class WithoutDenormals {
 public:
#if defined(__x86_64__)
  WithoutDenormals() : before_(_mm_getcsr()) {
    _mm_setcsr(before_ | kFlushResults | kFlushOperands);
  }
  ~WithoutDenormals() { _mm_setcsr(before_); }
#else
  WithoutDenormals() = default;
#endif
  WithoutDenormals(const WithoutDenormals&) = delete;
  WithoutDenormals& operator=(const WithoutDenormals&) = delete;

 private:
  static constexpr unsigned kFlushResults = 0x8000;
  static constexpr unsigned kFlushOperands = 0x0040;
  unsigned before_ = 0;
};

}  // namespace trainyard
