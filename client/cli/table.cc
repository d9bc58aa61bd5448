#include "client/cli/table.h"

#include <algorithm>

#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr int kGap = 2;
constexpr int kNarrowest = 6;  // a flexible column keeps as much
constexpr int kNarrowestWrap = 24;

}  // namespace

void Table::Add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  for (std::string& cell : cells) cell = Printable(cell);
  rows_.push_back(std::move(cells));
}

std::vector<int> Table::Widths(const Console& console) const {
  std::vector<int> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    int width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width);
  }
  if (!console.out_is_terminal) return widths;
  int excess = -console.width() - kGap;
  for (const int width : widths) excess += width + kGap;
  if (columns_.back().wraps && excess > 0) {
    const int kept = std::max(std::min(widths.back(), kNarrowestWrap), widths.back() - excess);
    excess -= widths.back() - kept;
    widths.back() = kept;
  }
  while (excess > 0) {
    // One column off the widest flexible one at a time, so that they end up even.
    size_t widest = columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (!columns_[i].flexible || widths[i] <= kNarrowest) continue;
      if (widest == columns_.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == columns_.size()) break;  // a narrower terminal wraps
    --widths[widest];
    --excess;
  }
  return widths;
}

std::string Table::Line(const std::vector<std::string>& cells, const std::vector<int>& widths,
                        bool unicode) const {
  std::string line;
  for (size_t i = 0; i < columns_.size(); ++i) {
    const std::string cell = Ellipsize(cells[i], widths[i], unicode);
    line +=
        columns_[i].align == Align::kRight ? PadLeft(cell, widths[i]) : PadRight(cell, widths[i]);
    if (i + 1 < columns_.size()) line += std::string(kGap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line;
}

void Table::Print(Console& console) const {
  const std::vector<int> widths = Widths(console);
  std::vector<std::string> titles;
  titles.reserve(columns_.size());
  for (const Column& column : columns_) titles.push_back(column.title);
  console.out << Line(titles, widths, console.unicode) << "\n";
  for (const auto& row : rows_) {
    if (!columns_.back().wraps) {
      console.out << Line(row, widths, console.unicode) << "\n";
      continue;
    }
    std::vector<std::string> cells = row;
    for (const std::string& line : Wrap(row.back(), widths.back())) {
      cells.back() = line;
      console.out << Line(cells, widths, console.unicode) << "\n";
      cells.assign(cells.size(), "");
    }
  }
}

}  // namespace trainyard::cli
