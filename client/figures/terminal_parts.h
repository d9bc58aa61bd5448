// What the three kinds of terminal figures share. Used by one thread.
#pragma once

#include <string>
#include <vector>

#include "client/figures/figure.h"
#include "client/figures/scale.h"
#include "client/figures/terminal.h"
#include "client/figures/text_grid.h"

namespace trainyard::figures {

// Lines of text, none wider than the terminal.
class TerminalLines {
 public:
  explicit TerminalLines(const TerminalOptions& options) : options_(options) {}
  // Printable text, broken between words.
  void Wrapped(const std::string& text, int color = kNoColor);
  // Words that stay whole, two spaces apart. `colors` one each.
  void Items(const std::vector<std::string>& items, const std::vector<int>& colors);
  void Heading(const Heading& heading);
  void Add(const std::string& line) { text_ += line + "\n"; }
  void Add(const TextGrid& grid);
  const std::string& text() const { return text_; }

 private:
  const TerminalOptions& options_;
  std::string text_;
};

// The character that marks a series.
std::string MarkGlyph(size_t index, bool unicode);

// An axis below columns `left` to `right` of a grid: its line in `row`, its labels in the next.
void WriteXAxis(TextGrid& grid, const AxisRange& range, NumberFormat format, int left, int right,
                int row, bool unicode);

std::string TerminalPlot(const Plot& plot, const TerminalOptions& options);
std::string TerminalHeatMap(const HeatMap& map, const TerminalOptions& options);
std::string TerminalRows(const RowChart& chart, const TerminalOptions& options);

}  // namespace trainyard::figures
