// What a figure shows, as data. Studies and commands fill it in; svg.h, terminal.h and
// export.h draw and write it. Any number may be NaN or infinite (a gap) and any text may be
// anything (it is escaped where it is drawn). Plain values, no thread contract.
//
//   Plot plot;
//   plot.heading.title = "Performance against amount of data";
//   plot.x = {"training examples", "", Scale::kLog10};
//   plot.series.push_back({"medium network", points});
//   std::string picture = Svg(plot, SvgOptions());
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace trainyard::figures {

inline constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

enum class Scale { kLinear, kLog10 };
// kPercent: 0.853 is written 85.3 %. kPoints, for differences of such: 0.018 is written 1.8.
enum class NumberFormat { kPlain, kPercent, kPoints };

struct Heading {
  std::string title = {};
  std::string subtitle = {};
  // Below the figure, small: sources, what was left out.
  std::string note = {};
};

struct Axis {
  std::string label = {};
  std::string unit = {};  // written behind the label
  Scale scale = Scale::kLinear;
  NumberFormat format = NumberFormat::kPlain;
  // Ends of the axis; those of the data where absent.
  std::optional<double> low = {};
  std::optional<double> high = {};
};

// A measured value; `low` and `high` are the ends of its error bar, where it has one.
struct Point {
  double x = kNothing;
  double y = kNothing;
  double low = kNothing;
  double high = kNothing;
};
struct Position {
  double x = kNothing;
  double y = kNothing;
};
struct BandEdge {
  double x = kNothing;
  double low = kNothing;
  double high = kNothing;
};

// All that is drawn in one colour under one name: a model of a scaling study, a run.
struct Series {
  std::string name = {};
  std::vector<Point> points = {};       // markers
  std::vector<Position> line = {};      // solid: a curve or a fitted law
  std::vector<Position> forecast = {};  // dashed: beyond what was measured
  std::vector<BandEdge> band = {};      // shaded
  // Dotted, from where the forecast begins; without one, across the plot.
  std::optional<double> asymptote = {};
};

// Something on the x axis with its uncertainty, such as a crossover. Without `low` and `high`, a
// line.
struct Interval {
  double at = kNothing;
  double low = kNothing;
  double high = kNothing;
  std::string label = {};
};
struct Reference {
  double y = kNothing;
  std::string label = {};
};
struct Annotation {
  double x = kNothing;
  double y = kNothing;
  std::string text = {};
};

// What the kinds of marks mean; those with words stand in a row above the plot.
struct Meanings {
  std::string points = {};
  std::string line = {};
  std::string forecast = {};
  std::string band = {};
  std::string asymptote = {};
};

struct Plot {
  Heading heading;
  Axis x;
  Axis y;
  std::vector<Series> series = {};  // 12 have colours and marks of their own
  std::vector<Interval> intervals = {};
  std::vector<Reference> references = {};
  std::vector<Annotation> annotations = {};
  Meanings meanings;
};

enum class ColorScale { kLinear, kLog10, kDiverging };

struct HeatMap {
  Heading heading;
  std::string row_title = {};
  std::string column_title = {};
  std::vector<std::string> rows = {};
  std::vector<std::string> columns = {};
  std::vector<std::vector<double>> values = {};  // [rows][columns]; what is missing is a gap
  ColorScale scale = ColorScale::kLinear;
  double center = 0;  // of a diverging scale
  std::string value_label = {};
  NumberFormat format = NumberFormat::kPlain;
  bool cell_text = true;  // the numbers in the cells, where they fit
};

// One bar, or one dot with its interval.
struct Row {
  std::string label = {};
  double value = kNothing;
  double low = kNothing;
  double high = kNothing;
  std::string group = {};  // rows of one group follow one another under its name; "" for none
};

enum class RowMark { kBar, kDot };

// Bars with error bars, or main effects with their intervals: a row each.
struct RowChart {
  Heading heading;
  Axis axis;
  RowMark mark = RowMark::kBar;
  std::vector<Row> rows = {};
  // A vertical line to compare with, such as 0 for effects.
  std::optional<double> reference = {};
  std::string reference_label = {};
};

using Figure = std::variant<Plot, HeatMap, RowChart>;

const Heading& HeadingOf(const Figure& figure);
// One paragraph of what the figure shows, for those who cannot see it.
std::string Describe(const Figure& figure);

}  // namespace trainyard::figures
