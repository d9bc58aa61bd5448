#include "client/text/text.h"

#include <algorithm>
#include <iterator>

namespace trainyard {
namespace {

struct Range {
  char32_t first;
  char32_t last;
};

// Sorted. Marks that combine or join, and what has no width of its own.
constexpr Range kZeroWidth[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2069},
    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
// Sorted. East Asian Width W and F, and emoji.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                           {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
                           {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD}};

template <size_t N>
bool Within(const Range (&ranges)[N], char32_t point) {
  const Range* found =
      std::upper_bound(std::begin(ranges), std::end(ranges), point,
                       [](char32_t value, const Range& range) { return value < range.first; });
  return found != std::begin(ranges) && point <= std::prev(found)->last;
}

bool IsControl(char32_t point) { return point < 0x20 || (point >= 0x7F && point <= 0x9F); }
bool TurnsDirection(char32_t point) {
  return (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

}  // namespace

CodePoint CodePointAt(const std::string& text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return {first, 1};
  const size_t length = (first >> 5) == 0x6    ? 2
                        : (first >> 4) == 0xE  ? 3
                        : (first >> 3) == 0x1E ? 4
                                               : 0;
  if (length == 0 || at + length > text.size()) return {kBadPoint, 1};
  char32_t point = first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) >> 6) != 0x2) return {kBadPoint, 1};
    point = point << 6 | (byte(at + i) & 0x3Fu);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool valid =
      point >= kSmallest[length] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
  return valid ? CodePoint{point, length} : CodePoint{kBadPoint, 1};
}

int ColumnsOf(char32_t point) {
  if (IsControl(point) || Within(kZeroWidth, point)) return 0;
  return Within(kWide, point) ? 2 : 1;
}

int DisplayWidth(const std::string& text) {
  int width = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    width += ColumnsOf(point.value);
    i += point.bytes;
  }
  return width;
}

std::string Ellipsize(const std::string& text, int width, bool unicode) {
  if (DisplayWidth(text) <= width) return text;
  if (width <= 0) return "";
  std::string cut;
  int columns = 0;
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    columns += ColumnsOf(point.value);
    if (columns > width - 1) break;
    cut.append(text, i, point.bytes);
    i += point.bytes;
  }
  return cut + (unicode ? "…" : "~");
}

std::vector<std::string> Wrap(const std::string& text, int width) {
  std::vector<std::string> lines = {""};
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    std::string& line = lines.back();
    if (line.empty()) {
      line = word;
    } else if (DisplayWidth(line) + 1 + DisplayWidth(word) <= width) {
      line += " " + word;
    } else {
      lines.push_back(word);
    }
  }
  return lines;
}

std::string PadRight(const std::string& text, int width) {
  const int missing = width - DisplayWidth(text);
  return missing > 0 ? text + std::string(static_cast<size_t>(missing), ' ') : text;
}

std::string PadLeft(const std::string& text, int width) {
  const int missing = width - DisplayWidth(text);
  return missing > 0 ? std::string(static_cast<size_t>(missing), ' ') + text : text;
}

std::string Printable(const std::string& text) {
  std::string clean;
  clean.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    const bool foul = point.value == kBadPoint || TurnsDirection(point.value) ||
                      (IsControl(point.value) && point.value != '\t');
    if (foul) {
      clean += '?';
    } else {
      clean.append(text, i, point.bytes);
    }
    i += point.bytes;
  }
  return clean;
}

}  // namespace trainyard
