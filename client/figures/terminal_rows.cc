// Bars and effects in characters.
#include <algorithm>
#include <cmath>

#include "client/figures/palette.h"
#include "client/figures/plot_extent.h"
#include "client/figures/row_extent.h"
#include "client/figures/terminal_parts.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr int kNarrowestChart = 12;

class RowsGrid {
 public:
  RowsGrid(const RowChart& chart, const AxisRange& range, const TerminalOptions& options)
      : chart_(chart), range_(range), unicode_(options.unicode), grid_(options.width, Height()) {
    int labels = 0;
    int texts = 0;
    for (const Row& row : chart.rows) {
      labels = std::max(labels, DisplayWidth(row.label));
      texts = std::max(texts, DisplayWidth(RowText(chart, row, unicode_)));
    }
    texts = std::min(texts, options.width / 2 - 2);
    label_ = std::min(labels, options.width - texts - kNarrowestChart - 3);
    label_ = std::max(label_, 0);
    left_ = label_ + 1;
    right_ = std::max(left_ + 4, options.width - texts - 2);
  }

  const TextGrid& Draw() {
    int line = 0;
    for (size_t i = 0; i < chart_.rows.size(); ++i) {
      const Row& row = chart_.rows[i];
      if (StartsGroup(i)) grid_.Write(0, line++, Ellipsize(row.group, grid_.columns(), unicode_));
      WriteRow(row, line++);
    }
    if (chart_.reference.has_value()) {
      const int at = Column(*chart_.reference);
      for (int row = 0; row < line && at >= left_ && at <= right_; ++row) {
        grid_.PutBehind(at, row, unicode_ ? "┊" : ":", kDim);
      }
    }
    WriteXAxis(grid_, range_, chart_.axis.format, left_, right_, line, unicode_);
    return grid_;
  }

 private:
  bool StartsGroup(size_t i) const {
    const std::string& group = chart_.rows[i].group;
    return !group.empty() && (i == 0 || chart_.rows[i - 1].group != group);
  }
  int Height() const {
    int lines = static_cast<int>(chart_.rows.size()) + 2;
    for (size_t i = 0; i < chart_.rows.size(); ++i) lines += StartsGroup(i) ? 1 : 0;
    return lines;
  }
  int Column(double value) const {
    const double share = range_.Share(value);
    if (!std::isfinite(share)) return -1;
    return left_ + static_cast<int>(std::lround(std::clamp(share, 0.0, 1.0) * (right_ - left_)));
  }

  void WriteRow(const Row& row, int line) {
    const std::string label = Ellipsize(row.label, label_, unicode_);
    grid_.Write(label_ - DisplayWidth(label), line, label);
    grid_.Write(right_ + 2, line, RowText(chart_, row, unicode_));
    const int at = Column(row.value);
    if (at < 0) return;
    const int color = TerminalColor(0);
    if (chart_.mark == RowMark::kBar) {
      const int zero = Column(0);
      for (int column = std::min(zero, at); column <= std::max(zero, at); ++column) {
        grid_.Put(column, line, unicode_ ? "▇" : "#", color);
      }
    }
    const int low = Column(row.low);
    const int high = Column(row.high);
    if (low >= 0 && high >= 0 && chart_.mark == RowMark::kDot) {
      for (int column = low; column <= high; ++column) {
        grid_.Put(column, line, unicode_ ? "─" : "-", color);
      }
      grid_.Put(low, line, unicode_ ? "├" : "|", color);
      grid_.Put(high, line, unicode_ ? "┤" : "|", color);
    }
    if (chart_.mark == RowMark::kDot) {
      const bool undecided = IsUndecided(chart_, row);
      grid_.Put(at, line, undecided ? (unicode_ ? "○" : "o") : (unicode_ ? "●" : "*"), color);
    }
  }

  const RowChart& chart_;
  const AxisRange& range_;
  const bool unicode_;
  TextGrid grid_;
  int label_ = 0;
  int left_ = 0;
  int right_ = 0;
};

}  // namespace

std::string TerminalRows(const RowChart& chart, const TerminalOptions& options) {
  TerminalLines lines(options);
  lines.Heading(chart.heading);
  const std::optional<AxisRange> range = ExtentOf(chart);
  if (!range.has_value()) {
    lines.Add("no data");
    return lines.text();
  }
  lines.Add(RowsGrid(chart, *range, options).Draw());
  const std::string title = AxisTitle(chart.axis);
  if (!title.empty()) {
    const std::string cut = Ellipsize(title, options.width, options.unicode);
    const int indent = (options.width - DisplayWidth(cut)) / 2;
    lines.Add(std::string(static_cast<size_t>(indent), ' ') + cut);
  }
  lines.Wrapped(chart.heading.note, kDim);
  return lines.text();
}

}  // namespace trainyard::figures
