// Bars and effects as SVG: a row each, its name to the left and its numbers to the right.
#include <algorithm>
#include <cmath>

#include "client/figures/bounded.h"
#include "client/figures/plot_extent.h"
#include "client/figures/row_extent.h"
#include "client/figures/svg_parts.h"
#include "client/figures/text_width.h"

namespace trainyard::figures {
namespace {

constexpr double kRowHeight = 26;
constexpr double kBarHeight = 15;
constexpr double kMostLabelShare = 0.34;
constexpr double kMostTextShare = 0.44;
constexpr double kNarrowestChart = 60;
constexpr double kGap = 12;
constexpr double kMarkRadius = 4.5;
constexpr double kCap = 4;

struct RowsLayout {
  double left = 0;
  double right = 0;
  double top = 0;
  double bottom = 0;
  double text_width = 0;  // of the column to the right
  double Place(const AxisRange& range, double value) const {
    return left + range.Share(value) * (right - left);
  }
};

RowsLayout LayOut(const RowChart& chart, double width, double top) {
  double labels = 0;
  double texts = 0;
  size_t lines = chart.rows.size();
  for (size_t i = 0; i < chart.rows.size(); ++i) {
    const Row& row = chart.rows[i];
    labels = std::max(labels, TextWidth(row.label, kLabelSize));
    texts = std::max(texts, TextWidth(RowText(chart, row), kTickSize));
    if (!row.group.empty() && (i == 0 || chart.rows[i - 1].group != row.group)) {
      ++lines;
      labels = std::max(labels, TextWidth(row.group, kLabelSize));
    }
  }
  texts = std::min(texts, width * kMostTextShare);
  labels = std::min(
      {labels, width * kMostLabelShare, width - 2 * kPad - 2 * kGap - texts - kNarrowestChart});
  return {kPad + labels + kGap, width - kPad - texts - kGap, top,
          top + kRowHeight * static_cast<double>(lines), texts};
}

void WriteRow(SvgWriter& svg, const RowChart& chart, const AxisRange& range,
              const RowsLayout& layout, const Row& row, double middle) {
  const double at = layout.Place(range, row.value);
  const bool inside = at >= layout.left - 0.5 && at <= layout.right + 0.5;
  const bool undecided = IsUndecided(chart, row);
  svg.Open(SeriesStyle(0));
  svg.Text({CutToWidth(row.label, kLabelSize, layout.left - kPad - kGap), layout.left - kGap,
            middle + kLabelSize * 0.36, kLabelSize, Anchor::kEnd, ""});
  if (chart.mark == RowMark::kBar && std::isfinite(at)) {
    const double zero = std::clamp(layout.Place(range, 0), layout.left, layout.right);
    const double end = std::clamp(at, layout.left, layout.right);
    svg.Rectangle(std::min(zero, end), middle - kBarHeight / 2, std::abs(end - zero), kBarHeight,
                  "ty-bar");
  }
  const double low = std::clamp(layout.Place(range, row.low), layout.left, layout.right);
  const double high = std::clamp(layout.Place(range, row.high), layout.left, layout.right);
  if (std::isfinite(low) && std::isfinite(high)) {
    const char* style = chart.mark == RowMark::kBar ? "ty-error-on-bar" : "ty-whisker";
    svg.Line(low, middle, high, middle, style);
    svg.Line(low, middle - kCap, low, middle + kCap, style);
    svg.Line(high, middle - kCap, high, middle + kCap, style);
  }
  if (chart.mark == RowMark::kDot && inside) {
    svg.Circle(at, middle, kMarkRadius, undecided ? "ty-hollow" : "ty-mark");
  }
  svg.Text({CutToWidth(RowText(chart, row), kTickSize, layout.text_width), layout.right + kGap,
            middle + kTickSize * 0.36, kTickSize, Anchor::kStart,
            undecided ? "ty-muted ty-figures" : "ty-figures"});
  svg.Close();
}

// Returns the y below axis and title.
double WriteAxis(SvgWriter& svg, const RowChart& chart, const AxisRange& range,
                 const RowsLayout& layout, double width) {
  const Ticks ticks = FitXTicks(range, chart.axis.format, layout.right - layout.left);
  WriteXAxis(svg, range, ticks, layout.left, layout.right, layout.top, layout.bottom);
  svg.Line(layout.left, layout.bottom, layout.right, layout.bottom, "ty-axis");
  double bottom = layout.bottom + 4 + kTickSize * kLineHeight;
  std::string title = AxisTitle(chart.axis);
  if (title.empty()) return bottom;
  title = CutToWidth(title, kLabelSize, width - 2 * kPad);
  const double half = TextWidth(title, kLabelSize) / 2;
  const double middle = std::clamp((layout.left + layout.right) / 2, kPad + half,
                                   std::max(kPad + half, width - kPad - half));
  svg.Text({title, middle, bottom + kLabelSize + 4, kLabelSize, Anchor::kMiddle, ""});
  return bottom + kLabelSize * kLineHeight + 6;
}

void WriteReference(SvgWriter& svg, const RowChart& chart, const AxisRange& range,
                    const RowsLayout& layout, double width) {
  const double at = chart.reference.has_value() ? layout.Place(range, *chart.reference) : kNothing;
  if (!(at >= layout.left && at <= layout.right)) return;
  svg.Line(at, layout.top, at, layout.bottom, "ty-at");
  if (chart.reference_label.empty()) return;
  const std::string label = CutToWidth(chart.reference_label, kTickSize, width - 2 * kPad);
  const double half = TextWidth(label, kTickSize) / 2;
  svg.Text({label, std::clamp(at, kPad + half, std::max(kPad + half, width - kPad - half)),
            layout.top - 6, kTickSize, Anchor::kMiddle, "ty-muted"});
}

}  // namespace

Drawn DrawRowChart(const RowChart& chart, const SvgOptions& options) {
  const double width = options.width;
  SvgWriter svg;
  double bottom = WriteHeading(svg, chart.heading, options, kPad);
  if (const std::optional<AxisRange> range = ExtentOf(chart)) {
    const double label = chart.reference_label.empty() ? 0 : kTickSize * kLineHeight + 4;
    const RowsLayout layout = LayOut(chart, width, bottom + label);
    bottom = WriteAxis(svg, chart, *range, layout, width);
    WriteReference(svg, chart, *range, layout, width);
    double middle = layout.top + kRowHeight / 2;
    for (size_t i = 0; i < chart.rows.size(); ++i) {
      const Row& row = chart.rows[i];
      if (!row.group.empty() && (i == 0 || chart.rows[i - 1].group != row.group)) {
        svg.Text({CutToWidth(row.group, kLabelSize, layout.left - kPad - kGap), kPad,
                  middle + kLabelSize * 0.36, kLabelSize, Anchor::kStart, "ty-group"});
        middle += kRowHeight;
      }
      WriteRow(svg, chart, *range, layout, row, middle);
      middle += kRowHeight;
    }
  } else {
    bottom = WriteNoData(svg, width, bottom);
  }
  bottom = WriteNote(svg, chart.heading.note, width, bottom);
  return {svg.text(), bottom + kPad / 2};
}

}  // namespace trainyard::figures
