// What the three kinds of SVG figures share: sizes of text, heading and note, the marks of series,
// axes. Used by one thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "client/figures/figure.h"
#include "client/figures/scale.h"
#include "client/figures/svg.h"
#include "client/figures/svg_writer.h"

namespace trainyard::figures {

inline constexpr double kPad = 18;  // around everything
inline constexpr double kTitleSize = 17;
inline constexpr double kSubtitleSize = 13;
inline constexpr double kLabelSize = 12.5;
inline constexpr double kTickSize = 12;
inline constexpr double kNoteSize = 11.5;
inline constexpr double kLineHeight = 1.36;  // of the size

// Where the picture ends; made by the drawing of one figure.
struct Drawn {
  std::string body;
  double height = 0;
};

// Each returns the y below what it wrote.
double WriteHeading(SvgWriter& svg, const Heading& heading, const SvgOptions& options, double top);
double WriteNote(SvgWriter& svg, const std::string& note, double width, double top);
double WriteNoData(SvgWriter& svg, double width, double top);

// "ty-s3"
std::string SeriesStyle(size_t index);
// The shape of a series: each of 12 has its own.
void WriteMark(SvgWriter& svg, size_t index, double x, double y, double radius,
               const std::string& style);

// Labels and grid lines of an axis below a frame, from `left` to `right`.
void WriteXAxis(SvgWriter& svg, const AxisRange& range, const Ticks& ticks, double left,
                double right, double top, double bottom);
Ticks FitXTicks(const AxisRange& range, NumberFormat format, double length);

// Of bounded figures.
Drawn DrawPlot(const Plot& plot, const SvgOptions& options);
Drawn DrawHeatMap(const HeatMap& map, const SvgOptions& options);
Drawn DrawRowChart(const RowChart& chart, const SvgOptions& options);

}  // namespace trainyard::figures
