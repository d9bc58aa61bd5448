// What range the axes of a plot span, and where each series ends: shared by all that draws plots.
#pragma once

#include <optional>
#include <vector>

#include "client/figures/figure.h"
#include "client/figures/scale.h"

namespace trainyard::figures {

struct PlotExtent {
  AxisRange x;
  AxisRange y;
};

// Absent where there is nothing to show.
std::optional<PlotExtent> ExtentOf(const Plot& plot);

// The last place of a series that the axes show: the end of its forecast, line, points or band, in
// this order. NaN where it has none.
Position EndOf(const Series& series, const PlotExtent& extent);

// Where the dotted line of a series' asymptote begins.
double AsymptoteStart(const Series& series, const PlotExtent& extent);

// An end of a bar or band as it can be drawn: one without a place (infinite, or 0 on a logarithmic
// axis) lies on the edge. NaN stays NaN.
double ShownEnd(const AxisRange& axis, double value);

// "crossover 2,300 [1,500, 3,900]"
std::string IntervalLabel(const Interval& interval, NumberFormat format, bool unicode = true);

// "label (unit)"
std::string AxisTitle(const Axis& axis);

}  // namespace trainyard::figures
