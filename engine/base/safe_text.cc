#include "engine/base/safe_text.h"

#include <algorithm>
#include <cstdint>

namespace trainyard {
namespace {

// Of the UTF-8 character that begins at `i`; 0 where none does.
size_t CharacterLength(const std::string& text, size_t i) {
  const unsigned char first = text[i];
  if (first < 0x80) return 1;
  const size_t length = (first >> 5) == 0x6    ? 2
                        : (first >> 4) == 0xE  ? 3
                        : (first >> 3) == 0x1E ? 4
                                               : 0;
  if (length == 0 || i + length > text.size()) return 0;
  uint32_t point = first & (0xFF >> (length + 1));
  for (size_t j = 1; j < length; ++j) {
    const unsigned char next = text[i + j];
    if ((next >> 6) != 0x2) return 0;
    point = point << 6 | (next & 0x3F);
  }
  // Overlong forms, surrogates and what lies beyond Unicode are no UTF-8 either.
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid =
      point >= kSmallest[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  return valid ? length : 0;
}

}  // namespace

std::string SafeText(const std::string& text, size_t limit) {
  std::string safe;
  safe.reserve(std::min(text.size(), limit));
  for (size_t i = 0; i < text.size();) {
    const size_t length = CharacterLength(text, i);
    const size_t added = std::max<size_t>(1, length);
    if (safe.size() + added > limit) break;
    safe += length == 0 ? "?" : text.substr(i, length);
    i += added;
  }
  return safe;
}

}  // namespace trainyard
