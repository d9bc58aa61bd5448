#include "client/figures/text_grid.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr unsigned kBraille = 0x2800;
// Bits of Unicode's braille patterns by [row][column] of a cell.
constexpr unsigned kBits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
constexpr double kLongest = 1e5;  // dots of one line

std::string BrailleGlyph(unsigned dots) {
  const unsigned point = kBraille + dots;
  return {static_cast<char>(0xE0 | (point >> 12)), static_cast<char>(0x80 | ((point >> 6) & 0x3F)),
          static_cast<char>(0x80 | (point & 0x3F))};
}

std::string Start(int color) {
  if (color == kNoColor) return "";
  return color == kDim ? "\x1b[2m" : absl::StrCat("\x1b[38;5;", color, "m");
}

}  // namespace

std::string Colored(const std::string& text, int color) {
  return color == kNoColor || text.empty() ? text : Start(color) + text + "\x1b[0m";
}

TextGrid::TextGrid(int columns, int rows)
    : columns_(columns), rows_(rows), cells_(static_cast<size_t>(columns) * rows) {}

TextGrid::Cell* TextGrid::At(int column, int row) {
  if (column < 0 || column >= columns_ || row < 0 || row >= rows_) return nullptr;
  return &cells_[static_cast<size_t>(row) * columns_ + column];
}

void TextGrid::Put(int column, int row, const std::string& glyph, int color) {
  Cell* cell = At(column, row);
  if (cell == nullptr || cell->covered) return;
  cell->glyph = glyph;
  cell->color = color;
}

void TextGrid::PutBehind(int column, int row, const std::string& glyph, int color) {
  const Cell* cell = At(column, row);
  if (cell != nullptr && cell->glyph.empty() && cell->dots == 0) Put(column, row, glyph, color);
}

void TextGrid::Write(int column, int row, const std::string& text, int color) {
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    const std::string glyph = text.substr(i, point.bytes);
    const int width = ColumnsOf(point.value);
    i += point.bytes;
    Cell* cell = At(column, row);
    if (width == 0) {  // joins the character before it
      Cell* before = At(column - 1, row);
      if (before != nullptr && !before->glyph.empty()) before->glyph += glyph;
      continue;
    }
    if (cell == nullptr || At(column + width - 1, row) == nullptr) return;
    cell->glyph = glyph;
    cell->color = color;
    cell->covered = false;
    if (width == 2) {
      At(column + 1, row)->glyph.clear();
      At(column + 1, row)->covered = true;
    }
    column += width;
  }
}

void TextGrid::Dot(int x, int y, int color) {
  if (x < 0 || y < 0) return;
  Cell* cell = At(x / 2, y / 4);
  if (cell == nullptr) return;
  cell->dots |= kBits[y % 4][x % 2];
  cell->dot_color = color;
}

void TextGrid::DotLine(double x1, double y1, double x2, double y2, int color, int on, int period) {
  const double steps = std::ceil(std::max(std::abs(x2 - x1), std::abs(y2 - y1)));
  if (!(steps <= kLongest)) return;
  const int count = std::max(1, static_cast<int>(steps));
  for (int i = 0; i <= count; ++i) {
    const double share = static_cast<double>(i) / count;
    if (dash_++ % period >= on) continue;
    Dot(static_cast<int>(std::floor(x1 + share * (x2 - x1) + 0.5)),
        static_cast<int>(std::floor(y1 + share * (y2 - y1) + 0.5)), color);
  }
}

std::vector<std::string> TextGrid::Lines(bool color) const {
  std::vector<std::string> lines;
  for (int row = 0; row < rows_; ++row) {
    std::string line;
    std::string spaces;  // written once something follows
    int current = kNoColor;
    for (int column = 0; column < columns_; ++column) {
      const Cell& cell = cells_[static_cast<size_t>(row) * columns_ + column];
      if (cell.covered) continue;
      if (cell.glyph.empty() ? cell.dots == 0 : cell.glyph == " ") {
        spaces += ' ';
        continue;
      }
      const int wanted = cell.glyph.empty() ? cell.dot_color : cell.color;
      if (color && wanted != current) {
        if (current != kNoColor) line += "\x1b[0m";
        line += spaces + Start(wanted);
        current = wanted;
      } else {
        line += spaces;
      }
      spaces.clear();
      line += cell.glyph.empty() ? BrailleGlyph(cell.dots) : cell.glyph;
    }
    if (color && current != kNoColor) line += "\x1b[0m";
    lines.push_back(line);
  }
  return lines;
}

}  // namespace trainyard::figures
