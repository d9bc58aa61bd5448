// Plots in characters.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figures/number.h"
#include "client/figures/palette.h"
#include "client/figures/plot_extent.h"
#include "client/figures/terminal_parts.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr int kWidestTick = 12;
constexpr int kTickRows = 3;    // at least so many rows a tick of the y axis, on average
constexpr int kMarkEvery = 14;  // columns between marks of a line that has no points
constexpr int kSolid = 1;
constexpr int kOfSolid = 1;
constexpr int kDashOn = 3;
constexpr int kDashPeriod = 6;
constexpr int kDotPeriod = 4;

class PlotGrid {
 public:
  PlotGrid(const Plot& plot, const PlotExtent& extent, const TerminalOptions& options)
      : plot_(plot),
        extent_(extent),
        options_(options),
        rows_(options.height),
        ticks_(FitTicks(
            extent.y, plot.y.format, rows_ - 1, std::max(2, rows_ / kTickRows),
            [](const std::string&) { return 2.0; }, options.unicode)),
        left_(TickWidth() + 2),
        grid_(options.width, rows_ + 2) {}

  const TextGrid& Draw() {
    for (size_t i = plot_.series.size(); i-- > 0;) Curves(plot_.series[i], i);
    for (size_t i = plot_.series.size(); i-- > 0;) Marks(plot_.series[i], i);
    for (const Interval& interval : plot_.intervals) Upright(interval);
    for (const Reference& reference : plot_.references) Level(reference.y);
    // Behind all that is drawn.
    for (size_t i = 0; i < plot_.series.size(); ++i) Band(plot_.series[i], i);
    Axes();
    return grid_;
  }

 private:
  int TickWidth() const {
    int width = 0;
    for (const std::string& label : ticks_.labels) width = std::max(width, DisplayWidth(label));
    return std::min(width, kWidestTick);
  }
  int right() const { return grid_.columns() - 1; }
  int color(size_t index) const { return TerminalColor(index); }
  int Column(double x) const { return Round(left_ + extent_.x.Share(x) * (right() - left_)); }
  int Row(double y) const { return Round((1 - extent_.y.Share(y)) * (rows_ - 1)); }
  // Of what is not shown, a place outside.
  static int Round(double place) {
    return std::isfinite(place) ? static_cast<int>(std::lround(std::clamp(place, -1e6, 1e6))) : -1;
  }
  bool Inside(int column, int row) const {
    return column >= left_ && column <= right() && row >= 0 && row < rows_;
  }

  // Line from place to place: dots where there is braille, else the series' own character.
  template <typename List>
  void Line(const List& list, size_t index, int on, int period) {
    Position before;
    for (const auto& item : list) {
      // Middles of cells are at whole columns and rows.
      const Position at{2 * (left_ + extent_.x.Share(item.x) * (right() - left_)) + 0.5,
                        4 * (1 - extent_.y.Share(item.y)) * (rows_ - 1) + 1.5};
      const bool shown = std::isfinite(at.x) && std::isfinite(at.y);
      if (shown && std::isfinite(before.x)) Segment(before, at, index, on, period);
      before = shown ? at : Position{};
    }
  }

  void Segment(const Position& from, const Position& to, size_t index, int on, int period) {
    // Whatever lies far outside is cut away before it is drawn.
    const double least_x = 2.0 * left_;
    const double most_x = 2.0 * right() + 1;
    const double most_y = 4.0 * rows_ - 1;
    double begin = 0;
    double end = 1;
    const auto clip = [&](double start, double change, double low, double high) {
      if (change == 0) {
        if (start < low || start > high) end = -1;
        return;
      }
      const double a = (low - start) / change;
      const double b = (high - start) / change;
      begin = std::max(begin, std::min(a, b));
      end = std::min(end, std::max(a, b));
    };
    clip(from.x, to.x - from.x, least_x, most_x);
    clip(from.y, to.y - from.y, 0, most_y);
    if (begin > end) return;
    const Position a{from.x + begin * (to.x - from.x), from.y + begin * (to.y - from.y)};
    const Position b{from.x + end * (to.x - from.x), from.y + end * (to.y - from.y)};
    if (options_.unicode) {
      grid_.DotLine(a.x, a.y, b.x, b.y, color(index), on, period);
      return;
    }
    const int steps = 1 + static_cast<int>(std::max(std::abs(b.x - a.x), std::abs(b.y - a.y)));
    for (int i = 0; i <= steps; ++i) {
      const double share = static_cast<double>(i) / steps;
      const int column = static_cast<int>((a.x + share * (b.x - a.x)) / 2);
      const int row = static_cast<int>((a.y + share * (b.y - a.y)) / 4);
      const bool gap = period > 1 && column % 2 == 1;
      if (Inside(column, row) && !gap) {
        grid_.Put(column, row, on == period ? MarkGlyph(index, false) : ".", color(index));
      }
    }
  }

  void Curves(const Series& series, size_t index) {
    if (series.asymptote.has_value()) {
      const std::vector<Position> level = {{AsymptoteStart(series, extent_), *series.asymptote},
                                           {extent_.x.high(), *series.asymptote}};
      Line(level, index, 1, kDotPeriod);
    }
    Line(series.line, index, kSolid, kOfSolid);
    Line(series.forecast, index, kDashOn, kDashPeriod);
  }

  void Marks(const Series& series, size_t index) {
    const std::string glyph = MarkGlyph(index, options_.unicode);
    for (const Point& point : series.points) {
      const int column = Column(point.x);
      const int row = Row(point.y);
      if (!Inside(column, row)) continue;
      const int low = std::isnan(point.low) ? row : Row(ShownEnd(extent_.y, point.low));
      const int high = std::isnan(point.high) ? row : Row(ShownEnd(extent_.y, point.high));
      for (int bar = std::max(0, high); bar <= std::min(low, rows_ - 1); ++bar) {
        grid_.PutBehind(column, bar, options_.unicode ? "│" : "|", color(index));
      }
      grid_.Put(column, row, glyph, color(index));
    }
    if (!series.points.empty() || plot_.series.size() < 2 || !options_.unicode) return;
    int next = left_ + kMarkEvery / 2 + 3 * static_cast<int>(index % 4);
    for (const Position& at : series.line) {
      const int column = Column(at.x);
      if (column < next || !Inside(column, Row(at.y))) continue;
      grid_.Put(column, Row(at.y), glyph, color(index));
      next = column + kMarkEvery;
    }
  }

  // Lightly: a point in the middle of cells that nothing else needs.
  void Band(const Series& series, size_t index) {
    for (size_t i = 0; i + 1 < series.band.size(); ++i) {
      const BandEdge& a = series.band[i];
      const BandEdge& b = series.band[i + 1];
      const int first = std::max(left_, Column(a.x));
      const int last = std::min(right(), Column(b.x));
      for (int column = first; column <= last; ++column) {
        const double share =
            last > first ? static_cast<double>(column - first) / (last - first) : 0;
        const int top = Row(Between(a.high, b.high, share));
        const int bottom = Row(Between(a.low, b.low, share));
        if (top < 0 && bottom < 0) continue;
        for (int row = std::max(0, top); row <= std::min(bottom, rows_ - 1); ++row) {
          grid_.PutBehind(column, row, options_.unicode ? "·" : ":", color(index));
        }
      }
    }
  }

  // As straight lines of the picture go.
  double Between(double low, double high, double share) const {
    const double a = extent_.y.Share(low);
    return extent_.y.At(a + share * (extent_.y.Share(high) - a));
  }

  void Upright(const Interval& interval) {
    const int column = Column(interval.at);
    if (column < left_ || column > right()) return;
    for (int row = 0; row < rows_; ++row) {
      grid_.PutBehind(column, row, options_.unicode ? "┊" : "|");
    }
    const int low = std::clamp(Column(interval.low), left_, right());
    const int high = std::clamp(Column(interval.high), left_, right());
    if (!std::isfinite(interval.low) || !std::isfinite(interval.high)) return;
    for (int at = low; at <= high; ++at) grid_.Put(at, rows_, options_.unicode ? "━" : "=");
  }

  void Level(double y) {
    const int row = Row(y);
    for (int column = left_; row >= 0 && row < rows_ && column <= right(); column += 2) {
      grid_.PutBehind(column, row, options_.unicode ? "╌" : "-", kDim);
    }
  }

  void Axes() {
    for (int row = 0; row < rows_; ++row) {
      grid_.Put(left_ - 1, row, options_.unicode ? "│" : "|", kDim);
    }
    for (size_t i = 0; i < ticks_.values.size(); ++i) {
      const int row = Row(ticks_.values[i]);
      const std::string label = Ellipsize(ticks_.labels[i], kWidestTick, options_.unicode);
      grid_.Write(left_ - 2 - DisplayWidth(label), row, label);
      grid_.Put(left_ - 1, row, options_.unicode ? "┤" : "+", kDim);
    }
    grid_.Put(left_ - 1, rows_, options_.unicode ? "└" : "+", kDim);
    WriteXAxis(grid_, extent_.x, plot_.x.format, left_, right(), rows_, options_.unicode);
  }

  const Plot& plot_;
  const PlotExtent& extent_;
  const TerminalOptions& options_;
  const int rows_;
  const Ticks ticks_;
  const int left_;
  TextGrid grid_;
};

// What the marks mean, and the names of the series with where they end.
void WriteKeys(const Plot& plot, const PlotExtent& extent, const TerminalOptions& options,
               TerminalLines& lines) {
  const bool unicode = options.unicode;
  std::vector<std::string> items;
  std::vector<int> colors;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const Series& series = plot.series[i];
    if (series.name.empty() && plot.series.size() == 1) continue;
    const Position end = EndOf(series, extent);
    const std::string value = std::isfinite(end.y) ? ShortNumber(end.y, plot.y.format, unicode)
                                                   : std::string("(no data)");
    items.push_back(absl::StrCat(MarkGlyph(i, unicode), " ", series.name, " ", value));
    colors.push_back(TerminalColor(i));
  }
  lines.Items(items, colors);
  items.clear();
  const auto mean = [&](const std::string& text, const char* mark, const char* ascii) {
    if (!text.empty()) items.push_back(absl::StrCat(unicode ? mark : ascii, " ", text));
  };
  mean(plot.meanings.points, "●", "o");
  mean(plot.meanings.line, "──", "oo");
  mean(plot.meanings.forecast, "╌╌", ". .");
  mean(plot.meanings.band, "··", "::");
  mean(plot.meanings.asymptote, "┄┄", ". .");
  for (const Interval& interval : plot.intervals) {
    items.push_back(
        absl::StrCat(unicode ? "┊ " : "| ", IntervalLabel(interval, plot.x.format, unicode)));
  }
  for (const Reference& reference : plot.references) {
    items.push_back(absl::StrCat(unicode ? "╌ ╌ " : "- - ", reference.label, " ",
                                 ShortNumber(reference.y, plot.y.format, unicode)));
  }
  lines.Items(items, std::vector<int>(items.size(), kDim));
  for (const Annotation& annotation : plot.annotations) {
    lines.Wrapped(absl::StrCat(unicode ? "→ " : "> ", annotation.text, " (",
                               ShortNumber(annotation.x, plot.x.format, unicode), ", ",
                               ShortNumber(annotation.y, plot.y.format, unicode), ")"),
                  kDim);
  }
}

}  // namespace

std::string TerminalPlot(const Plot& plot, const TerminalOptions& options) {
  TerminalLines lines(options);
  lines.Heading(plot.heading);
  const std::optional<PlotExtent> extent = ExtentOf(plot);
  if (!extent.has_value()) {
    lines.Add("no data");
    return lines.text();
  }
  const std::string y_title = AxisTitle(plot.y);
  if (y_title != plot.heading.title) lines.Wrapped(y_title);
  lines.Add(PlotGrid(plot, *extent, options).Draw());
  const std::string x_title = Ellipsize(AxisTitle(plot.x), options.width, options.unicode);
  if (!x_title.empty()) {
    const int indent = (options.width - DisplayWidth(x_title)) / 2;
    lines.Add(std::string(static_cast<size_t>(indent), ' ') + x_title);
  }
  WriteKeys(plot, *extent, options, lines);
  lines.Wrapped(plot.heading.note, kDim);
  return lines.text();
}

}  // namespace trainyard::figures
