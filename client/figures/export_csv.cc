#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/figures/export.h"
#include "client/figures/number.h"

namespace trainyard::figures {
namespace {

std::string Quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string Optional(double value) { return std::isnan(value) ? "" : ExactNumber(value); }

struct CsvWriter {
  std::string operator()(const Plot& plot) {
    text = "series,mark,x,y,low,high\r\n";
    for (const Series& series : plot.series) {
      for (const Point& p : series.points) {
        Row(series.name, "point", ExactNumber(p.x), ExactNumber(p.y), Optional(p.low),
            Optional(p.high));
      }
      for (const Position& at : series.line) {
        Row(series.name, "line", ExactNumber(at.x), ExactNumber(at.y));
      }
      for (const Position& at : series.forecast) {
        Row(series.name, "forecast", ExactNumber(at.x), ExactNumber(at.y));
      }
      for (const BandEdge& edge : series.band) {
        Row(series.name, "band", ExactNumber(edge.x), "", ExactNumber(edge.low),
            ExactNumber(edge.high));
      }
      if (series.asymptote.has_value()) {
        Row(series.name, "asymptote", "", ExactNumber(*series.asymptote));
      }
    }
    for (const Interval& interval : plot.intervals) {
      Row(interval.label, "interval", ExactNumber(interval.at), "", Optional(interval.low),
          Optional(interval.high));
    }
    for (const Reference& reference : plot.references) {
      Row(reference.label, "reference", "", ExactNumber(reference.y));
    }
    for (const Annotation& annotation : plot.annotations) {
      Row(annotation.text, "annotation", ExactNumber(annotation.x), ExactNumber(annotation.y));
    }
    return text;
  }

  std::string operator()(const HeatMap& map) {
    text = "row,column,value\r\n";
    for (size_t i = 0; i < map.rows.size(); ++i) {
      for (size_t j = 0; j < map.columns.size(); ++j) {
        const bool there = i < map.values.size() && j < map.values[i].size();
        absl::StrAppend(&text, Quoted(map.rows[i]), ",", Quoted(map.columns[j]), ",",
                        there ? ExactNumber(map.values[i][j]) : "", "\r\n");
      }
    }
    return text;
  }

  std::string operator()(const RowChart& chart) {
    text = "group,label,value,low,high\r\n";
    for (const figures::Row& row : chart.rows) {
      absl::StrAppend(&text, Quoted(row.group), ",", Quoted(row.label), ",", ExactNumber(row.value),
                      ",", Optional(row.low), ",", Optional(row.high), "\r\n");
    }
    return text;
  }

  void Row(const std::string& series, const char* mark, const std::string& x, const std::string& y,
           const std::string& low = "", const std::string& high = "") {
    absl::StrAppend(&text, Quoted(series), ",", mark, ",", x, ",");
    absl::StrAppend(&text, y, ",", low, ",", high, "\r\n");
  }

  std::string text;
};

}  // namespace

std::string Csv(const Figure& figure) { return std::visit(CsvWriter{}, figure); }

}  // namespace trainyard::figures
