// Text in columns: widths of UTF-8, cutting, padding, wrapping; and foreign text made harmless.
// Pure functions of what the command line and the figures print.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace trainyard {

// One code point and the bytes that it takes. Bytes that are no UTF-8 are taken one by one, as
// kBadPoint.
struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
};
inline constexpr char32_t kBadPoint = 0xFFFD;
CodePoint CodePointAt(const std::string& text, size_t at);

// Columns of a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks, control
// characters and what joins, 1 for all others.
int ColumnsOf(char32_t point);
int DisplayWidth(const std::string& text);
// At most `width` columns, the last one an ellipsis where something was cut.
std::string Ellipsize(const std::string& text, int width, bool unicode);
// Lines of at most `width` columns, broken between words; a longer word has a line of its own.
std::vector<std::string> Wrap(const std::string& text, int width);
std::string PadRight(const std::string& text, int width);
std::string PadLeft(const std::string& text, int width);
// Control characters, bytes that are no UTF-8 and marks that turn the direction of writing become
// '?', so that no terminal sequence and no reversed word gets through.
std::string Printable(const std::string& text);

}  // namespace trainyard
