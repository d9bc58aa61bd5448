#include "client/figures/plot_layout.h"

#include <algorithm>
#include <cmath>

#include "client/figures/bounded.h"
#include "client/figures/svg_parts.h"
#include "client/figures/text_width.h"

namespace trainyard::figures {
namespace {

constexpr double kRow = 18;             // height of a row of keys
constexpr double kNarrow = 520;         // below, keys stand in rows above the plot
constexpr double kMostKeyShare = 0.30;  // of the width, for the column of keys
constexpr double kGutter = 20;          // between frame and column, for the lines that lead there
constexpr double kNearEnd = 40;         // of a line whose key it leads to
constexpr double kItemGap = 20;         // between items of a row
constexpr double kHeightShare = 0.46;
constexpr double kLowest = 220;
constexpr double kHighest = 460;
constexpr double kYTickDistance = 38;
constexpr double kMostAnnotationWidth = 170;
constexpr size_t kMostAnnotationLines = 3;
constexpr double kAnnotationSize = 12;

double KeyWidth(const Key& key) {
  return SwatchWidth(key) + kSwatchGap + TextWidth(key.text, kLabelSize);
}

std::vector<Key> KeysOf(const Plot& plot, const PlotExtent& extent) {
  std::vector<Key> keys;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    const bool shown = std::isfinite(EndOf(series, extent).x);
    if (i >= kMostColors || (series.name.empty() && plot.series.size() == 1)) continue;
    const std::string name = series.name.empty() ? "(no name)" : series.name;
    keys.push_back({shown ? name : name + " (no data)", name, MarkKind::kLine, i});
  }
  for (const Reference& reference : plot.references) {
    if (!reference.label.empty() && std::isfinite(extent.y.Share(reference.y))) {
      keys.push_back({reference.label, reference.label, MarkKind::kReference});
    }
  }
  return keys;
}

// Keys or meanings in rows from `top`; returns the y below them.
double PlaceInRows(std::vector<Key>& keys, double width, double top) {
  std::vector<double> widths;
  for (Key& key : keys) {
    key.text = CutToWidth(key.text, kLabelSize, width - SwatchWidth(key) - kSwatchGap);
    widths.push_back(KeyWidth(key));
  }
  const std::vector<FlowPlace> places = Flow(widths, kItemGap, width);
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i].left = kPad + places[i].left;
    keys[i].middle = top + kRow * (places[i].row + 0.5);
  }
  return keys.empty() ? top : top + kRow * (places.back().row + 1) + 8;
}

void PlaceInColumn(const Plot& plot, const PlotExtent& extent, PlotLayout& layout) {
  const double left = layout.frame.right + kGutter;
  std::vector<double> wanted;
  size_t reference = 0;
  for (Key& key : layout.keys) {
    key.left = left;
    Position end;
    if (key.kind == MarkKind::kReference) {
      while (plot.references[reference].label != key.name ||
             !std::isfinite(extent.y.Share(plot.references[reference].y))) {
        ++reference;
      }
      end = layout.Place(extent, extent.x.high(), plot.references[reference++].y);
    } else {
      const Position at = EndOf(plot.series[key.series], extent);
      end = layout.Place(extent, at.x, at.y);
    }
    const bool inside = end.y >= layout.frame.top && end.y <= layout.frame.bottom;
    wanted.push_back(std::isnan(end.y) ? end.y
                                       : std::clamp(end.y, layout.frame.top, layout.frame.bottom));
    // Lines that end earlier would be crossed on the way.
    if (inside && end.x > layout.frame.right - kNearEnd) key.end = end.y;
  }
  const std::vector<double> places = Spread(wanted, kRow, layout.frame.top, layout.frame.bottom);
  for (size_t i = 0; i < places.size(); ++i) layout.keys[i].middle = places[i];
}

double PlaceIntervals(const Plot& plot, const PlotExtent& extent, double width, double top,
                      PlotLayout& layout) {
  std::vector<double> centers;
  std::vector<double> widths;
  for (const Interval& interval : plot.intervals) {
    const double share = extent.x.Share(interval.at);
    if (!(share >= 0 && share <= 1)) continue;
    const std::string text =
        CutToWidth(IntervalLabel(interval, plot.x.format), kLabelSize, width - 2 * kPad);
    layout.intervals.push_back({text});
    centers.push_back(layout.frame.left + share * (layout.frame.right - layout.frame.left));
    widths.push_back(TextWidth(text, kLabelSize));
  }
  const std::vector<FlowPlace> places = Stack(centers, widths, kItemGap, kPad, width - kPad);
  int rows = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    rows = std::max(rows, places[i].row + 1);
    layout.intervals[i].left = places[i].left;
    layout.intervals[i].baseline = top + kRow * places[i].row + kLabelSize;
  }
  return top + kRow * rows;
}

// Places of all that is drawn, close enough to one another that no line slips through.
std::vector<Position> DrawnPlaces(const Plot& plot, const PlotExtent& extent,
                                  const PlotLayout& layout) {
  constexpr double kStep = 6;
  std::vector<Position> places;
  const auto add = [&](const auto& list) {
    Position before;
    for (const auto& item : list) {
      const Position at = layout.Place(extent, item.x, item.y);
      const double length = std::hypot(at.x - before.x, at.y - before.y);
      const int steps = std::isfinite(length) ? std::min(200, static_cast<int>(length / kStep)) : 0;
      for (int i = 1; i <= steps; ++i) {
        const double share = static_cast<double>(i) / (steps + 1);
        places.push_back(
            {before.x + share * (at.x - before.x), before.y + share * (at.y - before.y)});
      }
      if (std::isfinite(at.x) && std::isfinite(at.y)) places.push_back(at);
      before = at;
    }
  };
  for (const Series& series : plot.series) {
    for (const Point& point : series.points) {
      const Position at = layout.Place(extent, point.x, point.y);
      if (std::isfinite(at.x) && std::isfinite(at.y)) places.push_back(at);
    }
    add(series.line);
    add(series.forecast);
  }
  const auto add_horizontal = [&](double y) {
    add(std::vector<Position>{{extent.x.low(), y}, {extent.x.high(), y}});
  };
  for (const Reference& reference : plot.references) add_horizontal(reference.y);
  for (const Series& series : plot.series) add_horizontal(series.asymptote.value_or(kNothing));

  return places;
}

// As few lines as can be, and all about as long.
std::vector<std::string> BreakEvenly(const std::string& text, double most) {
  constexpr double kStep = 6;
  std::vector<std::string> lines = BreakToWidth(text, kAnnotationSize, most, kMostAnnotationLines);
  // What was cut would only be cut more.
  if (lines.size() < 2 || lines.size() == kMostAnnotationLines) return lines;
  for (double width = most - kStep; width > kStep; width -= kStep) {
    std::vector<std::string> narrower =
        BreakToWidth(text, kAnnotationSize, width, kMostAnnotationLines);
    if (narrower.size() != lines.size()) break;
    lines = std::move(narrower);
  }
  return lines;
}

void PlaceAnnotations(const Plot& plot, const PlotExtent& extent, PlotLayout& layout) {
  if (plot.annotations.empty()) return;
  const std::vector<Position> marks = DrawnPlaces(plot, extent, layout);
  std::vector<Box> taken;
  const double most =
      std::min(kMostAnnotationWidth, (layout.frame.right - layout.frame.left) * 0.4);
  for (size_t i = 0; i < plot.annotations.size(); ++i) {
    const Annotation& annotation = plot.annotations[i];
    AnnotationPlace place{i, {}, BreakEvenly(annotation.text, most)};
    const Position at = layout.Place(extent, annotation.x, annotation.y);
    if (place.lines.empty()) continue;
    double width = 0;
    for (const std::string& line : place.lines) {
      width = std::max(width, TextWidth(line, kAnnotationSize));
    }
    const double height = static_cast<double>(place.lines.size()) * kAnnotationSize * kLineHeight;
    const bool inside = layout.frame.Contains(at);
    if (inside && PlaceNear(at, width + 4, height, layout.frame, taken, marks, place.box)) {
      taken.push_back(place.box);
      layout.annotations.push_back(place);
    } else {
      layout.unplaced.push_back(annotation.text);
    }
  }
}

}  // namespace

std::vector<Key> MeaningKeys(const Meanings& meanings) {
  std::vector<Key> keys;
  const auto add = [&](const std::string& text, MarkKind kind) {
    if (!text.empty()) keys.push_back({text, text, kind, kMostColors});
  };
  add(meanings.points, MarkKind::kPoint);
  add(meanings.line, MarkKind::kLine);
  add(meanings.forecast, MarkKind::kForecast);
  add(meanings.band, MarkKind::kBand);
  add(meanings.asymptote, MarkKind::kAsymptote);
  return keys;
}

PlotLayout LayOut(const Plot& plot, const PlotExtent& extent, double width, double top) {
  PlotLayout layout;
  const double inner = width - 2 * kPad;
  layout.meanings = MeaningKeys(plot.meanings);
  layout.keys = KeysOf(plot, extent);
  const bool column = width >= kNarrow && !layout.keys.empty();
  top = PlaceInRows(layout.meanings, inner, top);
  if (!column) top = PlaceInRows(layout.keys, inner, top);

  // A title that names the axis need not be said twice.
  if (AxisTitle(plot.y) != plot.heading.title) {
    layout.y_title = CutToWidth(AxisTitle(plot.y), kLabelSize, inner);
  }
  if (!layout.y_title.empty()) {
    layout.y_title_baseline = top + kLabelSize;
    top += kLabelSize * kLineHeight + 6;
  }

  double height = std::clamp(width * kHeightShare, kLowest, kHighest);
  double key_width = 0;
  if (column) {
    for (Key& key : layout.keys) {
      key.text =
          CutToWidth(key.text, kLabelSize, width * kMostKeyShare - SwatchWidth(key) - kSwatchGap);
      key_width = std::max(key_width, KeyWidth(key));
    }
    height = std::max(height, kRow * static_cast<double>(layout.keys.size()));
  }
  layout.y_ticks =
      FitTicks(extent.y, plot.y.format, height, static_cast<int>(height / kYTickDistance),
               [](const std::string&) { return kTickSize * 1.8; });
  double tick_width = 0;
  for (const std::string& label : layout.y_ticks.labels) {
    tick_width = std::max(tick_width, TextWidth(label, kTickSize));
  }
  layout.frame.left = kPad + tick_width + 8;
  layout.frame.right = width - kPad - (column ? key_width + kGutter : 0);
  layout.x_ticks = FitXTicks(extent.x, plot.x.format, layout.frame.right - layout.frame.left);
  // The last label of the x axis may reach beyond the frame, though not beyond the picture.
  if (!column && !layout.x_ticks.labels.empty()) {
    layout.frame.right -=
        std::max(0.0, TextWidth(layout.x_ticks.labels.back(), kTickSize) / 2 - kPad / 2);
    layout.x_ticks = FitXTicks(extent.x, plot.x.format, layout.frame.right - layout.frame.left);
  }
  top = PlaceIntervals(plot, extent, width, top, layout);
  layout.frame.top = top + 4;
  layout.frame.bottom = layout.frame.top + height;
  if (column) PlaceInColumn(plot, extent, layout);
  PlaceAnnotations(plot, extent, layout);
  layout.bottom = layout.frame.bottom + 4 + kTickSize * kLineHeight + 6;
  if (!AxisTitle(plot.x).empty()) layout.bottom += kLabelSize * kLineHeight;
  return layout;
}

}  // namespace trainyard::figures
