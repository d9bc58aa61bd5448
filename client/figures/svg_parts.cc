#include "client/figures/svg_parts.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "client/figures/palette.h"
#include "client/figures/text_width.h"

namespace trainyard::figures {
namespace {

constexpr size_t kMostTitleLines = 3;
constexpr size_t kMostSubtitleLines = 3;
constexpr size_t kMostNoteLines = 6;
constexpr double kTickGap = 14;       // between labels of one axis
constexpr double kTickDistance = 72;  // at least so much of the axis a tick, on average
constexpr double kTickLength = 4;

double WriteLines(SvgWriter& svg, const std::vector<std::string>& lines, double size,
                  const std::string& style, double top) {
  for (const std::string& line : lines) {
    svg.Text({line, kPad, top + size, size, Anchor::kStart, style});
    top += size * kLineHeight;
  }
  return top;
}

// Corners on a circle; every other one nearer where `inner` is below 1.
struct Shape {
  int corners = 0;  // 0: a circle
  double turn = 0;  // of the first corner, from straight up, in degrees
  double inner = 1;
  double size = 1;
};

constexpr Shape kShapes[kMostColors] = {{0, 0, 1, 0.92}, {4, 45, 1, 1.2},    {3, 0, 1, 1.3},
                                        {4, 0, 1, 1.28}, {3, 180, 1, 1.3},   {8, 0, 0.4, 1.35},
                                        {5, 0, 1, 1.1},  {8, 45, 0.4, 1.35}, {3, 90, 1, 1.3},
                                        {6, 30, 1, 1.1}, {10, 0, 0.45, 1.4}, {3, 270, 1, 1.3}};

}  // namespace

double WriteHeading(SvgWriter& svg, const Heading& heading, const SvgOptions& options, double top) {
  const double width = options.width - 2 * kPad;
  // On a page the caption below has the words.
  if (options.inline_in_page) return top;
  top = WriteLines(svg, BreakToWidth(heading.title, kTitleSize, width, kMostTitleLines, true),
                   kTitleSize, "ty-title", top);
  top = WriteLines(svg, BreakToWidth(heading.subtitle, kSubtitleSize, width, kMostSubtitleLines),
                   kSubtitleSize, "ty-muted", top + 2);
  return top + (heading.title.empty() && heading.subtitle.empty() ? 0 : 10);
}

double WriteNote(SvgWriter& svg, const std::string& note, double width, double top) {
  if (note.empty()) return top;
  return WriteLines(svg, BreakToWidth(note, kNoteSize, width - 2 * kPad, kMostNoteLines), kNoteSize,
                    "ty-muted", top + 6);
}

double WriteNoData(SvgWriter& svg, double width, double top) {
  constexpr double kHeight = 120;
  svg.Rectangle(kPad, top, width - 2 * kPad, kHeight, "ty-empty");
  svg.Text({"no data", width / 2, top + kHeight / 2 + kLabelSize / 3, kLabelSize, Anchor::kMiddle,
            "ty-muted"});
  return top + kHeight;
}

std::string SeriesStyle(size_t index) { return absl::StrCat("ty-s", std::min(index, kMostColors)); }

void WriteMark(SvgWriter& svg, size_t index, double x, double y, double radius,
               const std::string& style) {
  const Shape shape = index < kMostColors ? kShapes[index] : kShapes[0];
  if (shape.corners == 0) return svg.Circle(x, y, radius * shape.size, style);
  std::vector<Position> corners;
  for (int i = 0; i < shape.corners; ++i) {
    const double angle = (shape.turn + 360.0 * i / shape.corners) * std::numbers::pi / 180;
    const double reach = radius * shape.size * (i % 2 == 1 ? shape.inner : 1);
    corners.push_back({x + reach * std::sin(angle), y - reach * std::cos(angle)});
  }
  svg.Polygon(corners, style);
}

Ticks FitXTicks(const AxisRange& range, NumberFormat format, double length) {
  const int most = std::max(2, static_cast<int>(length / kTickDistance));
  return FitTicks(range, format, length, range.scale() == Scale::kLog10 ? 2 * most : most,
                  [](const std::string& label) { return TextWidth(label, kTickSize) + kTickGap; });
}

void WriteXAxis(SvgWriter& svg, const AxisRange& range, const Ticks& ticks, double left,
                double right, double top, double bottom) {
  const auto place = [&](double value) { return left + range.Share(value) * (right - left); };
  for (const double value : ticks.minor) {
    svg.Line(place(value), bottom, place(value), bottom + kTickLength * 0.6, "ty-axis");
  }
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const double x = place(ticks.values[i]);
    svg.Line(x, top, x, bottom, "ty-grid");
    svg.Line(x, bottom, x, bottom + kTickLength, "ty-axis");
    svg.Text({ticks.labels[i], x, bottom + kTickLength + kTickSize + 2, kTickSize, Anchor::kMiddle,
              "ty-muted"});
  }
}

}  // namespace trainyard::figures
