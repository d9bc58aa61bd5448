#include "client/figures/plot_extent.h"

#include <cmath>
#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "client/figures/number.h"

namespace trainyard::figures {
namespace {

struct Values {
  std::vector<double> x;
  std::vector<double> y;
  // Only together: a place that one axis cannot show does not stretch the other.
  void Add(const Plot& plot, double at_x, std::initializer_list<double> at_y) {
    const bool shown_x = std::isfinite(at_x) && (plot.x.scale == Scale::kLinear || at_x > 0);
    if (!shown_x) return;
    for (const double value : at_y) {
      if (!std::isfinite(value) || (plot.y.scale == Scale::kLog10 && value <= 0)) continue;
      y.push_back(value);
      x.push_back(at_x);
    }
  }
};

Position Shown(const PlotExtent& extent, double x, double y) {
  const double share = extent.y.Share(y);
  const bool inside = std::isfinite(extent.x.Share(x)) && std::isfinite(share);
  return inside ? Position{x, y} : Position{};
}

}  // namespace

std::optional<PlotExtent> ExtentOf(const Plot& plot) {
  Values values;
  for (const Series& series : plot.series) {
    for (const Point& point : series.points) {
      if (std::isfinite(point.y)) values.Add(plot, point.x, {point.y, point.low, point.high});
    }
    for (const Position& at : series.line) values.Add(plot, at.x, {at.y});
    for (const Position& at : series.forecast) values.Add(plot, at.x, {at.y});
    for (const BandEdge& edge : series.band) values.Add(plot, edge.x, {edge.low, edge.high});
  }
  if (values.x.empty()) return std::nullopt;
  for (const Series& series : plot.series) {
    if (series.asymptote.has_value()) values.y.push_back(*series.asymptote);
  }
  for (const Reference& reference : plot.references) values.y.push_back(reference.y);
  for (const Interval& interval : plot.intervals) values.x.push_back(interval.at);
  const std::optional<AxisRange> x = RangeOf(plot.x, values.x);
  const std::optional<AxisRange> y = RangeOf(plot.y, values.y);
  if (!x.has_value() || !y.has_value()) return std::nullopt;
  return PlotExtent{*x, *y};
}

Position EndOf(const Series& series, const PlotExtent& extent) {
  Position end;
  const auto last = [&](const auto& list, const auto& y_of) {
    for (auto item = list.rbegin(); item != list.rend() && std::isnan(end.x); ++item) {
      end = Shown(extent, item->x, y_of(*item));
    }
  };
  last(series.forecast, [](const Position& at) { return at.y; });
  last(series.line, [](const Position& at) { return at.y; });
  last(series.points, [](const Point& point) { return point.y; });
  last(series.band, [](const BandEdge& edge) { return edge.low / 2 + edge.high / 2; });
  return end;
}

double AsymptoteStart(const Series& series, const PlotExtent& extent) {
  for (const Position& at : series.forecast) {
    if (std::isfinite(extent.x.Share(at.x))) return at.x;
  }
  return extent.x.low();
}

double ShownEnd(const AxisRange& axis, double value) {
  if (std::isnan(value) || std::isfinite(axis.Share(value))) return value;
  return value > axis.low() ? axis.high() : axis.low();
}

std::string IntervalLabel(const Interval& interval, NumberFormat format, bool unicode) {
  const std::string value = WithInterval(interval.at, interval.low, interval.high, format, unicode);
  return interval.label.empty() ? value : absl::StrCat(interval.label, " ", value);
}

std::string AxisTitle(const Axis& axis) {
  if (axis.unit.empty()) return axis.label;
  return axis.label.empty() ? axis.unit : absl::StrCat(axis.label, " (", axis.unit, ")");
}

}  // namespace trainyard::figures
