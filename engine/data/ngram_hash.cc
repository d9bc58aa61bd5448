#include "engine/data/ngram_hash.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "absl/strings/ascii.h"

namespace trainyard {
namespace {

// Between the words of an n-gram; no word holds it.
constexpr char kSeparator = ' ';

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
bool IsOfWord(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Runs of letters, digits, _ and all that is not ASCII; or characters.
std::vector<std::string_view> TokensOf(std::string_view text, bool words) {
  std::vector<std::string_view> tokens;
  size_t at = 0;
  while (at < text.size()) {
    size_t end = at + 1;
    if (!words) {
      while (end < text.size() && IsContinuation(text[end])) ++end;
    } else if (!IsOfWord(text[at])) {
      at = end;
      continue;
    } else {
      while (end < text.size() && IsOfWord(text[end])) ++end;
    }
    tokens.push_back(text.substr(at, end - at));
    at = end;
  }
  return tokens;
}

}  // namespace

void HashNgrams(std::string_view text, const NgramOptions& options, float* out) {
  std::fill_n(out, options.features, 0.0f);
  std::string lowered(text);
  if (options.lower_case) absl::AsciiStrToLower(&lowered);
  const std::vector<std::string_view> tokens = TokensOf(lowered, options.words);
  std::vector<uint64_t> hashes;
  std::string gram;
  for (size_t first = 0; first < tokens.size(); ++first) {
    gram.clear();
    for (size_t n = 1; n <= static_cast<size_t>(options.largest) && first + n <= tokens.size();
         ++n) {
      if (n > 1 && options.words) gram += kSeparator;
      gram += tokens[first + n - 1];
      if (n >= static_cast<size_t>(options.smallest))
        hashes.push_back(XXH3_64bits(gram.data(), gram.size()));
    }
  }
  std::sort(hashes.begin(), hashes.end());
  for (size_t i = 0; i < hashes.size();) {
    size_t end = i;
    while (end < hashes.size() && hashes[end] == hashes[i]) ++end;
    const float weight = std::log1p(static_cast<float>(end - i));
    // The place and the sign come of different bits.
    const uint64_t place = (hashes[i] >> 1) % static_cast<uint64_t>(options.features);
    out[place] += (hashes[i] & 1) != 0 ? weight : -weight;
    i = end;
  }
  double squares = 0;
  for (int64_t f = 0; f < options.features; ++f) squares += double{out[f]} * out[f];
  if (squares == 0) return;
  const float scale = static_cast<float>(1 / std::sqrt(squares));
  for (int64_t f = 0; f < options.features; ++f) out[f] *= scale;
}

}  // namespace trainyard
