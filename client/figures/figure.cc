#include "client/figures/figure.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figures/number.h"
#include "client/figures/plot_extent.h"

namespace trainyard::figures {
namespace {

constexpr size_t kMostDescribed = 12;

std::string Sentence(const Heading& heading) {
  std::string text = heading.title;
  if (!heading.subtitle.empty()) absl::StrAppend(&text, text.empty() ? "" : ". ", heading.subtitle);
  if (!text.empty()) text += text.back() == '.' ? " " : ". ";
  return text;
}

// "name from 0.5 at 100 to 0.9 at 60,000"
std::string Ends(const Plot& plot, const Series& series) {
  const auto at = [&](double x, double y) {
    return absl::StrCat(ShortNumber(y, plot.y.format), " at ", ShortNumber(x, plot.x.format));
  };
  if (!series.points.empty()) {
    const Point& first = series.points.front();
    const Point& last = series.points.back();
    return absl::StrCat(series.name, " from ", at(first.x, first.y), " to ", at(last.x, last.y));
  }
  if (!series.line.empty()) {
    const Position& first = series.line.front();
    const Position& last = series.line.back();
    return absl::StrCat(series.name, " from ", at(first.x, first.y), " to ", at(last.x, last.y));
  }
  return series.name + " without data";
}

struct Describer {
  std::string operator()(const Plot& plot) const {
    std::string text = absl::StrCat(Sentence(plot.heading), plot.y.label, " against ", plot.x.label,
                                    ", ", plot.series.size(), " series: ");
    for (size_t i = 0; i < plot.series.size() && i < kMostDescribed; ++i) {
      absl::StrAppend(&text, i == 0 ? "" : "; ", Ends(plot, plot.series[i]));
    }
    text += ".";
    for (size_t i = 0; i < plot.intervals.size() && i < kMostDescribed; ++i) {
      const Interval& interval = plot.intervals[i];
      absl::StrAppend(&text, " ", IntervalLabel(interval, plot.x.format), ".");
    }
    return text;
  }
  std::string operator()(const HeatMap& map) const {
    double low = kNothing;
    double high = kNothing;
    for (const auto& row : map.values) {
      for (const double value : row) {
        if (!std::isfinite(value)) continue;
        low = std::fmin(low, value);
        high = std::fmax(high, value);
      }
    }
    return absl::StrCat(Sentence(map.heading), map.value_label, " by ", map.row_title, " (",
                        map.rows.size(), ") and ", map.column_title, " (", map.columns.size(),
                        "), from ", ShortNumber(low, map.format), " to ",
                        ShortNumber(high, map.format), ".");
  }
  std::string operator()(const RowChart& chart) const {
    std::string text = Sentence(chart.heading);
    for (size_t i = 0; i < chart.rows.size() && i < kMostDescribed; ++i) {
      const Row& row = chart.rows[i];
      absl::StrAppend(&text, i == 0 ? "" : "; ", row.label, " ",
                      WithInterval(row.value, row.low, row.high, chart.axis.format));
    }
    return text + ".";
  }
};

}  // namespace

const Heading& HeadingOf(const Figure& figure) {
  return std::visit([](const auto& one) -> const Heading& { return one.heading; }, figure);
}

std::string Describe(const Figure& figure) { return std::visit(Describer{}, figure); }

}  // namespace trainyard::figures
