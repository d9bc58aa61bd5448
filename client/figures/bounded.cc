#include "client/figures/bounded.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr size_t kMostTextBytes = 1000;
constexpr size_t kMostNameBytes = 200;  // of what there may be thousands of
constexpr size_t kMostSeries = 40;
constexpr size_t kMostMarkers = 400;    // of one series
constexpr size_t kMostVertices = 1200;  // of one line: more than a picture has columns
constexpr size_t kMostMarks = 16;       // intervals, references, annotations, each
constexpr size_t kMostRows = 120;
constexpr size_t kMostCells = 64;  // along one side

void Clean(std::string& text, size_t most = kMostTextBytes) {
  if (text.size() > most) {
    size_t end = most;
    while (end > 0 && (static_cast<unsigned char>(text[end]) >> 6) == 0x2) --end;
    text = text.substr(0, end) + "…";
  }
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  text = Printable(text);
}

void Clean(Heading& heading) {
  Clean(heading.title);
  Clean(heading.subtitle);
  Clean(heading.note);
}

void Clean(Axis& axis) {
  Clean(axis.label);
  Clean(axis.unit);
}

void Note(Heading& heading, const std::string& text) {
  absl::StrAppend(&heading.note, heading.note.empty() ? "" : " ", text);
}

// Of each bucket the first, the lowest, the highest and the last, in their order; and one that is
// no number, where there is one: a gap stays a gap.
template <typename T, typename Value>
void Thin(std::vector<T>& points, size_t most, const Value& value) {
  if (points.size() <= most) return;
  const size_t buckets = most / 4;  // some have five
  std::vector<T> kept;
  for (size_t i = 0; i < buckets; ++i) {
    const size_t begin = i * points.size() / buckets;
    const size_t end = (i + 1) * points.size() / buckets;
    size_t low = end;  // none so far
    size_t high = end;
    std::vector<size_t> indices = {begin, end - 1};
    for (size_t j = begin; j < end; ++j) {
      const double at = value(points[j]);
      if (!std::isfinite(at)) {
        if (indices.size() == 2) indices.push_back(j);
        continue;
      }
      if (low == end || at < value(points[low])) low = j;
      if (high == end || at > value(points[high])) high = j;
    }
    if (low != end) indices.insert(indices.end(), {low, high});
    std::sort(indices.begin(), indices.end());
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    for (const size_t index : indices) kept.push_back(points[index]);
  }
  points = std::move(kept);
}

// Buckets keep their lowest and highest edge.
void ThinBand(std::vector<BandEdge>& band) {
  if (band.size() <= kMostVertices) return;
  std::vector<BandEdge> kept;
  for (size_t i = 0; i < kMostVertices; ++i) {
    const size_t begin = i * band.size() / kMostVertices;
    const size_t end = (i + 1) * band.size() / kMostVertices;
    BandEdge edge = band[begin];
    for (size_t j = begin; j < end; ++j) {
      edge.low = std::fmin(edge.low, band[j].low);
      edge.high = std::fmax(edge.high, band[j].high);
    }
    kept.push_back(edge);
  }
  band = std::move(kept);
}

template <typename T>
void Keep(std::vector<T>& list, size_t most, const char* what, Heading& heading) {
  if (list.size() <= most) return;
  Note(heading, absl::StrCat("Of ", list.size(), " ", what, " the first ", most, " are shown."));
  list.resize(most);
}

// Buckets of rows or columns are drawn as one, under the name of their first.
std::vector<size_t> BucketStarts(size_t count) {
  const size_t buckets = std::min(count, kMostCells);
  std::vector<size_t> starts;
  for (size_t i = 0; i <= buckets; ++i) starts.push_back(buckets == 0 ? 0 : i * count / buckets);
  return starts;
}

std::vector<std::string> NamesAt(const std::vector<std::string>& names,
                                 const std::vector<size_t>& starts) {
  std::vector<std::string> kept;
  for (size_t i = 0; i + 1 < starts.size(); ++i) kept.push_back(names[starts[i]]);
  for (std::string& name : kept) Clean(name, kMostNameBytes);
  return kept;
}

}  // namespace

Plot Bounded(const Plot& plot) {
  Plot bounded = plot;
  Clean(bounded.heading);
  Clean(bounded.x);
  Clean(bounded.y);
  Keep(bounded.series, kMostSeries, "series", bounded.heading);
  Keep(bounded.intervals, kMostMarks, "intervals", bounded.heading);
  Keep(bounded.references, kMostMarks, "references", bounded.heading);
  Keep(bounded.annotations, kMostMarks, "annotations", bounded.heading);
  if (bounded.series.size() > kMostColors) {
    Note(bounded.heading, absl::StrCat("Those after the first ", kMostColors, " are grey."));
  }
  for (Series& series : bounded.series) {
    Clean(series.name, kMostNameBytes);
    Thin(series.points, kMostMarkers, [](const Point& point) { return point.y; });
    Thin(series.line, kMostVertices, [](const Position& at) { return at.y; });
    Thin(series.forecast, kMostVertices, [](const Position& at) { return at.y; });
    ThinBand(series.band);
  }
  for (Interval& interval : bounded.intervals) Clean(interval.label);
  for (Reference& reference : bounded.references) Clean(reference.label);
  for (Annotation& annotation : bounded.annotations) Clean(annotation.text);
  for (std::string* text :
       {&bounded.meanings.points, &bounded.meanings.line, &bounded.meanings.forecast,
        &bounded.meanings.band, &bounded.meanings.asymptote}) {
    Clean(*text);
  }
  return bounded;
}

HeatMap Bounded(const HeatMap& map) {
  HeatMap bounded = map;
  Clean(bounded.heading);
  Clean(bounded.row_title);
  Clean(bounded.column_title);
  Clean(bounded.value_label);
  const std::vector<size_t> rows = BucketStarts(map.rows.size());
  const std::vector<size_t> columns = BucketStarts(map.columns.size());
  bounded.rows = NamesAt(map.rows, rows);
  bounded.columns = NamesAt(map.columns, columns);
  bounded.values.assign(bounded.rows.size(), std::vector<double>(bounded.columns.size(), kNothing));
  for (size_t i = 0; i < bounded.rows.size(); ++i) {
    for (size_t j = 0; j < bounded.columns.size(); ++j) {
      double sum = 0;
      int finite = 0;
      for (size_t row = rows[i]; row < rows[i + 1] && row < map.values.size(); ++row) {
        const std::vector<double>& values = map.values[row];
        for (size_t column = columns[j]; column < columns[j + 1] && column < values.size();
             ++column) {
          if (!std::isfinite(values[column])) continue;
          sum += values[column];
          ++finite;
        }
      }
      if (finite > 0) bounded.values[i][j] = sum / finite;
    }
  }
  if (map.rows.size() > kMostCells || map.columns.size() > kMostCells) {
    Note(bounded.heading, absl::StrCat("Cells are means: there are ", map.rows.size(), " rows and ",
                                       map.columns.size(), " columns."));
  }
  return bounded;
}

RowChart Bounded(const RowChart& chart) {
  RowChart bounded = chart;
  Clean(bounded.heading);
  Clean(bounded.axis);
  Clean(bounded.reference_label);
  Keep(bounded.rows, kMostRows, "rows", bounded.heading);
  for (Row& row : bounded.rows) {
    Clean(row.label, kMostNameBytes);
    Clean(row.group, kMostNameBytes);
  }
  // A bar has a length, which a logarithmic axis does not show.
  if (bounded.mark == RowMark::kBar) bounded.axis.scale = Scale::kLinear;
  return bounded;
}

}  // namespace trainyard::figures
