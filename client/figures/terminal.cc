#include "client/figures/terminal.h"

#include <algorithm>
#include <cmath>

#include "client/figures/bounded.h"
#include "client/figures/terminal_parts.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr int kNarrowest = 40;
constexpr int kWidest = 400;
constexpr int kLowest = 5;
constexpr int kHighest = 200;
constexpr int kItemGap = 2;

const char* const kMarks[kMostColors] = {"●", "■", "▲", "◆", "▼", "✚",
                                         "✖", "★", "○", "□", "△", "◇"};
const char kAsciiMarks[] = "o#^*v+x@%&=$";

}  // namespace

std::string MarkGlyph(size_t index, bool unicode) {
  if (index >= kMostColors) return unicode ? "·" : ".";
  return unicode ? kMarks[index] : std::string(1, kAsciiMarks[index]);
}

void TerminalLines::Wrapped(const std::string& text, int color) {
  if (text.empty()) return;
  for (const std::string& line : Wrap(text, options_.width)) {
    const std::string cut = Ellipsize(line, options_.width, options_.unicode);
    Add(options_.color ? Colored(cut, color) : cut);
  }
}

void TerminalLines::Items(const std::vector<std::string>& items, const std::vector<int>& colors) {
  int used = 0;
  std::string line;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item = Ellipsize(items[i], options_.width, options_.unicode);
    const int width = DisplayWidth(item);
    if (used > 0 && used + kItemGap + width > options_.width) {
      Add(line);
      line.clear();
      used = 0;
    }
    if (used > 0) line += std::string(kItemGap, ' ');
    used += width + (used > 0 ? kItemGap : 0);
    line += options_.color ? Colored(item, colors[i]) : item;
  }
  if (!line.empty()) Add(line);
}

void TerminalLines::Heading(const struct Heading& heading) {
  Wrapped(heading.title);
  Wrapped(heading.subtitle, kDim);
}

void TerminalLines::Add(const TextGrid& grid) {
  for (const std::string& line : grid.Lines(options_.color)) Add(line);
}

void WriteXAxis(TextGrid& grid, const AxisRange& range, NumberFormat format, int left, int right,
                int row, bool unicode) {
  const int length = right - left;
  const Ticks ticks = FitTicks(
      range, format, length, std::max(2, length / 9),
      [](const std::string& label) { return DisplayWidth(label) + 2.0; }, unicode);
  for (int column = left; column <= right; ++column) {
    grid.PutBehind(column, row, unicode ? "─" : "-", kDim);
  }
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const int column = left + static_cast<int>(std::lround(range.Share(ticks.values[i]) * length));
    grid.Put(column, row, unicode ? "┬" : "+", kDim);
    const int width = DisplayWidth(ticks.labels[i]);
    const int start = std::clamp(column - width / 2, 0, std::max(0, grid.columns() - width));
    grid.Write(start, row + 1, ticks.labels[i]);
  }
}

std::string TerminalText(const Figure& figure, const TerminalOptions& given) {
  TerminalOptions options = given;
  options.width = std::clamp(options.width, kNarrowest, kWidest);
  options.height = std::clamp(options.height, kLowest, kHighest);
  if (const Plot* plot = std::get_if<Plot>(&figure)) return TerminalPlot(Bounded(*plot), options);
  if (const HeatMap* map = std::get_if<HeatMap>(&figure)) {
    return TerminalHeatMap(Bounded(*map), options);
  }
  return TerminalRows(Bounded(std::get<RowChart>(figure)), options);
}

}  // namespace trainyard::figures
