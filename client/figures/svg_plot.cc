// Plots as SVG, back to front: bands, grid, intervals, lines, marks, words.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figures/bounded.h"
#include "client/figures/number.h"
#include "client/figures/plot_layout.h"
#include "client/figures/svg_parts.h"
#include "client/figures/text_width.h"

namespace trainyard::figures {
namespace {

constexpr double kMarkRadius = 4;
constexpr double kCap = 3;            // half the cap of an error bar
constexpr size_t kMarksOnLine = 6;    // of a line without points, so that it has a shape too
constexpr size_t kThick = 200;        // vertices; noise of more is a thin line
constexpr size_t kMostTooltips = 60;  // of one series

class PlotDrawing {
 public:
  PlotDrawing(const Plot& plot, const PlotExtent& extent, const PlotLayout& layout,
              const SvgOptions& options, SvgWriter& svg)
      : plot_(plot), extent_(extent), layout_(layout), options_(options), svg_(svg) {}

  void Draw() {
    Axes();
    Clipped([this] {
      Intervals();
      for (const Reference& reference : plot_.references) {
        Horizontal(extent_.x.low(), reference.y, "ty-reference");
      };
      for (size_t i = plot_.series.size(); i-- > 0;) Shade(i);
      for (size_t i = plot_.series.size(); i-- > 0;) Curves(i);
    });
    for (size_t i = plot_.series.size(); i-- > 0;) Points(i);
    for (const IntervalPlace& place : layout_.intervals) {
      svg_.Text({place.text, place.left, place.baseline, kLabelSize, Anchor::kStart, ""});
    }
    Annotations();
    for (const Key& key : layout_.meanings) WriteKey(key);
    for (const Key& key : layout_.keys) WriteKey(key);
  }

 private:
  const Box& frame() const { return layout_.frame; }

  template <typename Body>
  void Clipped(const Body& body) {
    const std::string id = absl::StrCat(options_.id, "-frame");
    svg_.Raw(absl::StrCat("<clipPath id=\"", id, "\"><rect x=\"", Coordinate(frame().left),
                          "\" y=\"", Coordinate(frame().top), "\" width=\"",
                          Coordinate(frame().right - frame().left), "\" height=\"",
                          Coordinate(frame().bottom - frame().top), "\"/></clipPath>\n",
                          "<g clip-path=\"url(#", id, ")\">\n"));
    body();
    svg_.Close();
  }

  void Axes() {
    svg_.Text({layout_.y_title, kPad, layout_.y_title_baseline, kLabelSize, Anchor::kStart, ""});
    for (size_t i = 0; i < layout_.y_ticks.values.size(); ++i) {
      const double y = layout_.Place(extent_, extent_.x.low(), layout_.y_ticks.values[i]).y;
      svg_.Line(frame().left, y, frame().right, y, "ty-grid");
      svg_.Text({layout_.y_ticks.labels[i], frame().left - 8, y + kTickSize * 0.36, kTickSize,
                 Anchor::kEnd, "ty-muted"});
    }
    for (const double value : layout_.y_ticks.minor) {
      const double y = layout_.Place(extent_, extent_.x.low(), value).y;
      svg_.Line(frame().left - 3, y, frame().left, y, "ty-axis");
    }
    WriteXAxis(svg_, extent_.x, layout_.x_ticks, frame().left, frame().right, frame().top,
               frame().bottom);
    svg_.Line(frame().left, frame().bottom, frame().right, frame().bottom, "ty-axis");
    if (extent_.y.scale() == Scale::kLog10) {
      svg_.Line(frame().left, frame().top, frame().left, frame().bottom, "ty-axis");
    }
    const double middle = (frame().left + frame().right) / 2;
    const std::string title = CutToWidth(AxisTitle(plot_.x), kLabelSize,
                                         2 * std::min(middle, options_.width - middle) - 2 * kPad);
    svg_.Text({title, middle, layout_.bottom - 6, kLabelSize, Anchor::kMiddle, ""});
  }

  void Horizontal(double begin, double value, const std::string& style) {
    const Position at = layout_.Place(extent_, begin, value);
    if (std::isfinite(at.y)) svg_.Line(at.x, at.y, frame().right, at.y, style);
  }

  void Intervals() {
    for (const Interval& interval : plot_.intervals) {
      const double at = layout_.Place(extent_, interval.at, extent_.y.low()).x;
      if (!std::isfinite(at)) continue;
      // An end that is not known is beyond the plot.
      double low = layout_.Place(extent_, interval.low, extent_.y.low()).x;
      double high = layout_.Place(extent_, interval.high, extent_.y.low()).x;
      const bool bounded = std::isfinite(low) || std::isfinite(high);
      if (!std::isfinite(low)) low = frame().left;
      if (!std::isfinite(high)) high = frame().right;
      low = std::clamp(low, frame().left, frame().right);
      high = std::clamp(high, frame().left, frame().right);
      if (bounded && low < high) {
        svg_.Rectangle(low, frame().top, high - low, frame().bottom - frame().top, "ty-interval");
      }
      svg_.Line(at, frame().top, at, frame().bottom, "ty-at");
    }
  }

  void Shade(size_t index) {
    const Series& series = plot_.series[index];
    std::vector<Position> upper;
    std::vector<Position> lower;
    const auto flush = [&] {
      if (upper.size() > 1) {
        upper.insert(upper.end(), lower.rbegin(), lower.rend());
        svg_.Polygon(upper, SeriesStyle(index) + " ty-band");
      }
      upper.clear();
      lower.clear();
    };
    for (const BandEdge& edge : series.band) {
      const Position bottom = layout_.Place(extent_, edge.x, ShownEnd(extent_.y, edge.low));
      const Position top = layout_.Place(extent_, edge.x, ShownEnd(extent_.y, edge.high));
      if (!std::isfinite(bottom.x) || !std::isfinite(bottom.y) || !std::isfinite(top.y)) {
        flush();
        continue;
      }
      upper.push_back(top);
      lower.push_back(bottom);
    }
    flush();
  }

  void Polyline(const std::vector<Position>& line, const std::string& style) {
    std::vector<Position> piece;
    for (const Position& position : line) {
      const Position at = layout_.Place(extent_, position.x, position.y);
      if (std::isfinite(at.x) && std::isfinite(at.y)) {
        piece.push_back(at);
        continue;
      }
      if (piece.size() > 1) svg_.Polyline(piece, style);
      piece.clear();
    }
    if (piece.size() > 1) svg_.Polyline(piece, style);
  }

  void Curves(size_t index) {
    const Series& series = plot_.series[index];
    svg_.Open(SeriesStyle(index));
    svg_.Title(series.name);
    if (series.asymptote.has_value()) {
      Horizontal(AsymptoteStart(series, extent_), *series.asymptote, "ty-asymptote");
    }
    Polyline(series.line, series.line.size() > kThick ? "ty-line ty-thin" : "ty-line");
    Polyline(series.forecast, "ty-forecast");
    svg_.Close();
  }

  bool Shown(const Position& at) const {
    constexpr double kOutside = 0.5;  // a point on the frame is in it
    return at.x >= frame().left - kOutside && at.x <= frame().right + kOutside &&
           at.y >= frame().top - kOutside && at.y <= frame().bottom + kOutside;
  }

  void Points(size_t index) {
    const Series& series = plot_.series[index];
    svg_.Open(SeriesStyle(index));
    if (series.points.empty() && plot_.series.size() > 1) MarksOnLine(index);
    const bool tooltips = series.points.size() <= kMostTooltips;
    const double radius = series.points.size() <= kMostTooltips ? kMarkRadius : kMarkRadius * 0.6;
    for (const Point& point : series.points) {
      const Position at = layout_.Place(extent_, point.x, point.y);
      if (!Shown(at)) continue;
      ErrorBar(point);
      if (tooltips) {
        svg_.Open("ty-point");
        svg_.Title(absl::StrCat(series.name, ": ",
                                WithInterval(point.y, point.low, point.high, plot_.y.format),
                                " at ", ShortNumber(point.x, plot_.x.format)));
      }
      WriteMark(svg_, index, at.x, at.y, radius, "ty-mark");
      if (tooltips) svg_.Close();
    }
    svg_.Close();
  }

  // A few, at equal distances in x, so that lines are told apart without colour.
  void MarksOnLine(size_t index) {
    const std::vector<Position>& line = plot_.series[index].line;
    size_t next = 0;
    for (size_t i = 0; i < kMarksOnLine; ++i) {
      const double share = (static_cast<double>(i) + 0.5 + 0.08 * static_cast<double>(index % 6)) /
                           static_cast<double>(kMarksOnLine);
      while (next < line.size() && !(extent_.x.Share(line[next].x) >= share)) ++next;
      if (next == line.size()) return;
      const Position at = layout_.Place(extent_, line[next].x, line[next].y);
      if (Shown(at)) WriteMark(svg_, index, at.x, at.y, kMarkRadius * 0.85, "ty-mark");
    }
  }

  void ErrorBar(const Point& point) {
    const Position low = layout_.Place(extent_, point.x, ShownEnd(extent_.y, point.low));
    const Position high = layout_.Place(extent_, point.x, ShownEnd(extent_.y, point.high));
    if (!std::isfinite(low.y) || !std::isfinite(high.y)) return;
    const double bottom = std::clamp(low.y, frame().top, frame().bottom);
    const double top = std::clamp(high.y, frame().top, frame().bottom);
    svg_.Line(low.x, top, low.x, bottom, "ty-error");
    // What goes on beyond the frame has no cap.
    if (low.y < frame().bottom) svg_.Line(low.x - kCap, bottom, low.x + kCap, bottom, "ty-error");
    if (high.y > frame().top) svg_.Line(low.x - kCap, top, low.x + kCap, top, "ty-error");
  }

  void Annotations() {
    for (const AnnotationPlace& place : layout_.annotations) {
      const Annotation& annotation = plot_.annotations[place.index];
      const Position at = layout_.Place(extent_, annotation.x, annotation.y);
      const Position near{std::clamp(at.x, place.box.left, place.box.right),
                          std::clamp(at.y, place.box.top, place.box.bottom)};
      svg_.Line(at.x, at.y, near.x, near.y, "ty-leader");
      svg_.Circle(at.x, at.y, 1.6, "ty-anchor");
      double baseline = place.box.top;
      const double line_height =
          (place.box.bottom - place.box.top) / static_cast<double>(place.lines.size());
      for (const std::string& line : place.lines) {
        svg_.Text({line, (place.box.left + place.box.right) / 2, baseline + line_height * 0.76,
                   line_height / kLineHeight, Anchor::kMiddle, "ty-halo"});
        baseline += line_height;
      }
    }
  }

  void WriteKey(const Key& key) {
    const bool reference = key.kind == MarkKind::kReference;
    const bool meaning = key.series >= kMostColors;
    const double left = key.left;
    const double right = left + SwatchWidth(key);
    const double middle = (left + right) / 2;
    svg_.Open(reference ? "ty-key" : absl::StrCat("ty-key ", SeriesStyle(key.series)));
    if (key.text != key.name) svg_.Title(key.name);
    if (std::isfinite(key.end)) {
      svg_.Polyline({{frame().right + 2, key.end}, {left - 3, key.middle}}, "ty-leader");
    }
    switch (key.kind) {
      case MarkKind::kReference:
        svg_.Line(left, key.middle, right, key.middle, "ty-reference");
        break;
      case MarkKind::kForecast:
        svg_.Line(left, key.middle, right, key.middle, "ty-forecast");
        break;
      case MarkKind::kAsymptote:
        svg_.Line(left, key.middle, right, key.middle, "ty-asymptote");
        break;
      case MarkKind::kBand:
        svg_.Rectangle(left, key.middle - 5, right - left, 10, "ty-band");
        break;
      case MarkKind::kPoint:
        svg_.Line(middle, key.middle - 6, middle, key.middle + 6, "ty-error");
        WriteMark(svg_, key.series, middle, key.middle, kMarkRadius, "ty-mark");
        break;
      case MarkKind::kLine:
        svg_.Line(left, key.middle, right, key.middle, "ty-line");
        if (!meaning) WriteMark(svg_, key.series, middle, key.middle, kMarkRadius, "ty-mark");
        break;
    }
    svg_.Text({key.text, right + kSwatchGap, key.middle + kLabelSize * 0.36, kLabelSize,
               Anchor::kStart, ""});
    svg_.Close();
  }

  const Plot& plot_;
  const PlotExtent& extent_;
  const PlotLayout& layout_;
  const SvgOptions& options_;
  SvgWriter& svg_;
};

}  // namespace

Drawn DrawPlot(const Plot& plot, const SvgOptions& options) {
  SvgWriter svg;
  double bottom = WriteHeading(svg, plot.heading, options, kPad);
  std::string note = plot.heading.note;
  if (const std::optional<PlotExtent> extent = ExtentOf(plot)) {
    const PlotLayout layout = LayOut(plot, *extent, options.width, bottom);
    PlotDrawing(plot, *extent, layout, options, svg).Draw();
    bottom = layout.bottom;
    for (const std::string& text : layout.unplaced) {
      absl::StrAppend(&note, note.empty() ? "" : " ", text, ".");
    }
  } else {
    bottom = WriteNoData(svg, options.width, bottom);
  }
  bottom = WriteNote(svg, note, options.width, bottom);
  return {svg.text(), bottom + kPad / 2};
}

}  // namespace trainyard::figures
