// Texts as vectors of one length, whatever their words: each n-gram adds to the place that its hash
// names, with a sign of its own, so that collisions cancel on average (Weinberger et al. 2009). No
// vocabulary is learned, hence new texts need nothing of the old ones. Immutable, thread-safe.
#pragma once

#include <cstdint>
#include <string_view>

namespace trainyard {

struct NgramOptions {
  bool words = true;  // else characters (of UTF-8)
  int64_t smallest = 1;
  int64_t largest = 2;
  int64_t features = 0;
  bool lower_case = true;  // of ASCII letters
};

// out: [features]; log(1 + count) of each n-gram, then all divided by their Euclidean length. A
// text without an n-gram is all zeros.
void HashNgrams(std::string_view text, const NgramOptions& options, float* out);

}  // namespace trainyard
