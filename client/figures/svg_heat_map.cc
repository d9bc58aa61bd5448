// Heat maps as SVG: cells with their numbers where they fit, and the bar that explains the colours.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figures/bounded.h"
#include "client/figures/number.h"
#include "client/figures/palette.h"
#include "client/figures/placement.h"
#include "client/figures/svg_parts.h"
#include "client/figures/text_width.h"

namespace trainyard::figures {
namespace {

constexpr double kWidestCell = 92;
constexpr double kLowestCell = 9;
constexpr double kHighestCell = 34;
constexpr double kCellShape = 0.55;  // height of width
constexpr double kGap = 1;           // between cells
constexpr double kLabelGap = 8;
constexpr double kMostLabelShare = 0.3;
constexpr double kBarWidth = 12;
constexpr double kBarGap = 20;
constexpr double kHighestBar = 180;
constexpr int kBarSteps = 60;
constexpr double kMostSlantedWidth = 130;
constexpr double kSlant = 45;  // degrees
constexpr double kSlanted = 0.7071;

struct MapLayout {
  double left = 0;
  double top = 0;
  double cell_width = 0;
  double cell_height = 0;
  double bar_left = 0;
  bool slanted = false;  // labels of columns
  Ticks bar;
  double right = 0;
  double bottom = 0;
};

// Of every `Step()`th label there is room for one.
size_t Step(double room, double needed) {
  return room >= needed ? 1 : static_cast<size_t>(std::ceil(needed / std::max(room, 0.1)));
}

AxisRange BarRange(const HeatMap& map, const ColorRange& colors) {
  const bool log = map.scale == ColorScale::kLog10;
  return AxisRange(log ? Scale::kLog10 : Scale::kLinear, colors.low(), colors.high());
}

double WidestOf(const std::vector<std::string>& labels) {
  double widest = 0;
  for (const std::string& label : labels) widest = std::max(widest, TextWidth(label, kTickSize));
  return widest;
}

MapLayout LayOut(const HeatMap& map, const ColorRange& colors, double width, double top) {
  MapLayout layout;
  const auto columns = static_cast<double>(map.columns.size());
  const auto rows = static_cast<double>(map.rows.size());
  double bar_labels = 0;
  if (colors.low() < colors.high()) {
    layout.bar = FitTicks(BarRange(map, colors), map.format, kHighestBar, 5,
                          [](const std::string&) { return kTickSize * 1.6; });
    bar_labels = WidestOf(layout.bar.labels);
  } else {
    bar_labels = TextWidth(ShortNumber(colors.low(), map.format), kTickSize);
  }
  const double bar = kBarGap + kBarWidth + 6 + bar_labels;
  double label_width = std::min(WidestOf(map.rows), width * kMostLabelShare);
  const double widest = WidestOf(map.columns);
  const auto cell_width = [&] {
    return std::min(kWidestCell, (width - 2 * kPad - label_width - kLabelGap - bar) / columns);
  };
  layout.slanted = widest + 6 > cell_width();
  if (layout.slanted) {
    // The first label reaches below the labels of the rows.
    const double reach = std::min(widest, kMostSlantedWidth) * kSlanted;
    label_width = std::max(label_width, reach - cell_width() / 2);
  }
  layout.cell_width = cell_width();
  layout.cell_height = std::clamp(layout.cell_width * kCellShape,
                                  rows > 24 ? kLowestCell : 2 * kLowestCell, kHighestCell);
  layout.left = kPad + label_width + kLabelGap;
  layout.top = top;
  layout.right = layout.left + columns * layout.cell_width;
  layout.bottom = top + rows * layout.cell_height;
  layout.bar_left = layout.right + kBarGap;
  return layout;
}

void WriteCells(SvgWriter& svg, const HeatMap& map, const ColorRange& colors,
                const MapLayout& layout) {
  double widest = 0;
  for (const auto& row : map.values) {
    for (const double value : row) {
      widest = std::max(widest, TextWidth(ShortNumber(value, map.format), kNoteSize));
    }
  }
  const bool texts =
      map.cell_text && widest + 4 <= layout.cell_width && layout.cell_height >= kNoteSize + 3;
  for (size_t i = 0; i < map.rows.size(); ++i) {
    for (size_t j = 0; j < map.columns.size(); ++j) {
      const double value = map.values[i][j];
      const double x = layout.left + static_cast<double>(j) * layout.cell_width;
      const double y = layout.top + static_cast<double>(i) * layout.cell_height;
      const bool gap = !std::isfinite(colors.Share(value));
      const std::string text = ShortNumber(value, map.format);
      svg.Open("ty-point");
      svg.Title(absl::StrCat(map.rows[i], ", ", map.columns[j], ": ", text));
      const Rgb color = gap ? Rgb{} : colors.Color(value);
      svg.Rectangle(x, y, layout.cell_width - kGap, layout.cell_height - kGap,
                    gap ? "ty-empty" : "ty-cell", gap ? "" : Hex(color));
      if (texts) {
        svg.Text({text, x + layout.cell_width / 2, y + layout.cell_height / 2 + kNoteSize * 0.36,
                  kNoteSize, Anchor::kMiddle,
                  gap              ? "ty-muted"
                  : IsLight(color) ? "ty-on-light"
                                   : "ty-on-dark"});
      }
      svg.Close();
    }
  }
}

void WriteRowLabels(SvgWriter& svg, const HeatMap& map, const MapLayout& layout) {
  const size_t step = Step(layout.cell_height, kTickSize * 1.15);
  for (size_t i = 0; i < map.rows.size(); i += step) {
    const double y = layout.top + (static_cast<double>(i) + 0.5) * layout.cell_height;
    svg.Text({CutToWidth(map.rows[i], kTickSize, layout.left - kPad - kLabelGap),
              layout.left - kLabelGap, y + kTickSize * 0.36, kTickSize, Anchor::kEnd, "ty-muted"});
  }
}

// Returns the y below them.
double WriteColumnLabels(SvgWriter& svg, const HeatMap& map, const MapLayout& layout) {
  // Slanted lines of text are a line height apart, measured across.
  const size_t step = layout.slanted ? Step(layout.cell_width * kSlanted, kTickSize * 1.15) : 1;
  double bottom = layout.bottom;
  for (size_t j = 0; j < map.columns.size(); j += step) {
    const double x = layout.left + (static_cast<double>(j) + 0.5) * layout.cell_width;
    if (!layout.slanted) {
      svg.Text({map.columns[j], x, layout.bottom + kTickSize + 4, kTickSize, Anchor::kMiddle,
                "ty-muted"});
      bottom = layout.bottom + kTickSize * kLineHeight + 4;
      continue;
    }
    const std::string text = CutToWidth(map.columns[j], kTickSize, kMostSlantedWidth);
    svg.Text(
        {text, x + 4, layout.bottom + kTickSize, kTickSize, Anchor::kEnd, "ty-muted", -kSlant});
    bottom = std::max(
        bottom, layout.bottom + kTickSize * kLineHeight + TextWidth(text, kTickSize) * kSlanted);
  }
  return bottom;
}

void WriteBar(SvgWriter& svg, const HeatMap& map, const ColorRange& colors,
              const MapLayout& layout) {
  const double height = std::min(kHighestBar, layout.bottom - layout.top);
  const double bottom = layout.top + height;
  const double text_left = layout.bar_left + kBarWidth + 6;
  const double step = height / kBarSteps;
  for (int i = 0; i < kBarSteps; ++i) {
    const double share = (i + 0.5) / kBarSteps;
    // One pixel more, so that no seam shows.
    svg.Rectangle(layout.bar_left, bottom - (i + 1) * step, kBarWidth, i == 0 ? step : step + 0.6,
                  "ty-cell", Hex(MapColor(share, map.scale == ColorScale::kDiverging)));
  }
  if (layout.bar.values.empty()) {
    svg.Text({ShortNumber(colors.low(), map.format), text_left,
              bottom - height / 2 + kTickSize * 0.36, kTickSize, Anchor::kStart, "ty-muted"});
    return;
  }
  // What fits the tallest bar may be too much for a map of few rows.
  const AxisRange range = BarRange(map, colors);
  const Ticks ticks =
      FitTicks(range, map.format, height, 5, [](const std::string&) { return kTickSize * 1.6; });
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const double y = bottom - range.Share(ticks.values[i]) * height;
    svg.Line(layout.bar_left + kBarWidth, y, text_left - 3, y, "ty-axis");
    svg.Text(
        {ticks.labels[i], text_left, y + kTickSize * 0.36, kTickSize, Anchor::kStart, "ty-muted"});
  }
}

std::string MapTitle(const HeatMap& map) {
  const char* log = map.scale == ColorScale::kLog10 ? " (logarithmic colours)" : "";
  std::string title = map.value_label + (map.value_label.empty() ? "" : log);
  if (!map.row_title.empty()) {
    absl::StrAppend(&title, title.empty() ? "" : ", ", "rows: ", map.row_title);
  }
  return title;
}

}  // namespace

Drawn DrawHeatMap(const HeatMap& map, const SvgOptions& options) {
  const double width = options.width;
  SvgWriter svg;
  double bottom = WriteHeading(svg, map.heading, options, kPad);
  const ColorRange colors(map);
  if (colors.empty()) {
    bottom = WriteNoData(svg, width, bottom);
  } else {
    const std::string title = CutToWidth(MapTitle(map), kLabelSize, width - 2 * kPad);
    svg.Text({title, kPad, bottom + kLabelSize, kLabelSize, Anchor::kStart, ""});
    const MapLayout layout =
        LayOut(map, colors, width, bottom + (title.empty() ? 0 : kLabelSize * kLineHeight + 8));
    WriteCells(svg, map, colors, layout);
    WriteRowLabels(svg, map, layout);
    WriteBar(svg, map, colors, layout);
    bottom = WriteColumnLabels(svg, map, layout);
    if (!map.column_title.empty()) {
      const std::string column_title = CutToWidth(map.column_title, kLabelSize, width - 2 * kPad);
      const double half = TextWidth(column_title, kLabelSize) / 2;
      svg.Text({column_title,
                std::clamp((layout.left + layout.right) / 2, kPad + half,
                           std::max(kPad + half, width - kPad - half)),
                bottom + kLabelSize + 2, kLabelSize, Anchor::kMiddle, ""});
      bottom += kLabelSize * kLineHeight + 4;
    }
    bottom = std::max(bottom, layout.top + std::min(kHighestBar, layout.bottom - layout.top) + 10);
  }
  bottom = WriteNote(svg, map.heading.note, width, bottom);
  return {svg.text(), bottom + kPad / 2};
}

}  // namespace trainyard::figures
