// Where everything of a plot goes in a picture: frame, ticks, keys beside the ends of their lines,
// labels of intervals, annotations. No two texts lie on one another. Pure geometry in pixels.
#pragma once

#include <string>
#include <vector>

#include "client/figures/figure.h"
#include "client/figures/placement.h"
#include "client/figures/plot_extent.h"
#include "client/figures/scale.h"

namespace trainyard::figures {

enum class MarkKind { kPoint, kLine, kForecast, kBand, kAsymptote, kReference };

// A swatch and its words: the name of a series, or what a kind of mark means.
struct Key {
  std::string text;  // cut to its place
  std::string name;  // whole
  MarkKind kind = MarkKind::kLine;
  size_t series = 0;
  double left = 0;    // of the swatch
  double middle = 0;  // y
  // Where its line ends, for a thin line from there; NaN without.
  double end = kNothing;
};

struct IntervalPlace {
  std::string text;
  double left = 0;
  double baseline = 0;
};

struct AnnotationPlace {
  size_t index = 0;
  Box box;
  std::vector<std::string> lines;
};

struct PlotLayout {
  Box frame;
  Ticks x_ticks;
  Ticks y_ticks;
  std::string y_title;
  double y_title_baseline = 0;
  std::vector<Key> keys;      // of series and references
  std::vector<Key> meanings;  // of kinds of marks
  std::vector<IntervalPlace> intervals;
  std::vector<AnnotationPlace> annotations;
  std::vector<std::string> unplaced;  // annotations without room
  double bottom = 0;                  // below the title of the x axis

  Position Place(const PlotExtent& extent, double x, double y) const {
    return {frame.left + extent.x.Share(x) * (frame.right - frame.left),
            frame.bottom - extent.y.Share(y) * (frame.bottom - frame.top)};
  }
};

inline constexpr double kSwatchGap = 6;
// Of a key's sample.
inline double SwatchWidth(const Key& key) { return key.kind == MarkKind::kPoint ? 10 : 24; }

// `top`: below the heading.
PlotLayout LayOut(const Plot& plot, const PlotExtent& extent, double width, double top);

// What the parts of a series are, of those that have words.
std::vector<Key> MeaningKeys(const Meanings& meanings);

}  // namespace trainyard::figures
