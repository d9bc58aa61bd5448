#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/figures/export.h"
#include "client/figures/number.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    if (point.value == '"' || point.value == '\\') {
      quoted += '\\';
      quoted += text[i];
    } else if (point.value < 0x20) {
      absl::StrAppendFormat(&quoted, "\\u%04x", static_cast<unsigned>(point.value));
    } else if (point.value == kBadPoint) {
      quoted += "\uFFFD";
    } else {
      quoted.append(text, i, point.bytes);
    }
    i += point.bytes;
  }
  return quoted + "\"";
}

std::string Number(double value) {
  if (std::isnan(value)) return "\"NaN\"";
  if (std::isinf(value)) return value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
  return ExactNumber(value);
}

// Members of one object, in their order.
class Object {
 public:
  Object& Raw(const char* name, const std::string& json) {
    absl::StrAppend(&text_, text_.empty() ? "" : ",", Quoted(name), ":", json);
    return *this;
  }
  Object& Text(const char* name, const std::string& text) { return Raw(name, Quoted(text)); }
  // Absent where empty.
  Object& Maybe(const char* name, const std::string& text) {
    return text.empty() ? *this : Text(name, text);
  }
  Object& Value(const char* name, double value) { return Raw(name, Number(value)); }
  std::string json() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

template <typename List, typename Write>
std::string Array(const List& list, const Write& write) {
  std::string text = "[";
  for (const auto& item : list) absl::StrAppend(&text, text.size() == 1 ? "" : ",", write(item));
  return text + "]";
}

template <typename List, typename Member>
std::string Column(const List& list, Member member) {
  return Array(list, [&](const auto& item) { return Number(item.*member); });
}

template <typename List, typename T>
bool AnyKnown(const List& list, double T::*member) {
  for (const auto& item : list) {
    if (!std::isnan(item.*member)) return true;
  }
  return false;
}

Object Begin(const char* kind, const Heading& heading) {
  Object object;
  object.Text("kind", kind)
      .Maybe("title", heading.title)
      .Maybe("subtitle", heading.subtitle)
      .Maybe("note", heading.note);
  return object;
}

const char* FormatName(NumberFormat format) {
  switch (format) {
    case NumberFormat::kPlain:
      return "plain";
    case NumberFormat::kPercent:
      return "percent";
    case NumberFormat::kPoints:
      return "points";
  }
  return "plain";
}

std::string AxisJson(const Axis& axis) {
  return Object()
      .Text("label", axis.label)
      .Maybe("unit", axis.unit)
      .Text("scale", axis.scale == Scale::kLog10 ? "log10" : "linear")
      .Text("format", FormatName(axis.format))
      .json();
}

std::string PositionsJson(const std::vector<Position>& list) {
  return Object().Raw("x", Column(list, &Position::x)).Raw("y", Column(list, &Position::y)).json();
}

std::string SeriesJson(const Series& series) {
  Object object;
  object.Text("name", series.name);
  if (!series.points.empty()) {
    Object points;
    points.Raw("x", Column(series.points, &Point::x)).Raw("y", Column(series.points, &Point::y));
    if (AnyKnown(series.points, &Point::low) || AnyKnown(series.points, &Point::high)) {
      points.Raw("low", Column(series.points, &Point::low))
          .Raw("high", Column(series.points, &Point::high));
    }
    object.Raw("points", points.json());
  }
  if (!series.line.empty()) object.Raw("line", PositionsJson(series.line));
  if (!series.forecast.empty()) object.Raw("forecast", PositionsJson(series.forecast));
  if (!series.band.empty()) {
    object.Raw("band", Object()
                           .Raw("x", Column(series.band, &BandEdge::x))
                           .Raw("low", Column(series.band, &BandEdge::low))
                           .Raw("high", Column(series.band, &BandEdge::high))
                           .json());
  }
  if (series.asymptote.has_value()) object.Value("asymptote", *series.asymptote);
  return object.json();
}

struct JsonWriter {
  std::string operator()(const Plot& plot) const {
    Object object = Begin("plot", plot.heading);
    object.Raw("x", AxisJson(plot.x)).Raw("y", AxisJson(plot.y));
    object.Raw("series", Array(plot.series, SeriesJson));
    object.Raw("intervals", Array(plot.intervals, [](const Interval& interval) {
                 return Object()
                     .Text("label", interval.label)
                     .Value("at", interval.at)
                     .Value("low", interval.low)
                     .Value("high", interval.high)
                     .json();
               }));
    object.Raw("references", Array(plot.references, [](const Reference& reference) {
                 return Object().Text("label", reference.label).Value("y", reference.y).json();
               }));
    object.Raw("annotations", Array(plot.annotations, [](const Annotation& annotation) {
                 return Object()
                     .Text("text", annotation.text)
                     .Value("x", annotation.x)
                     .Value("y", annotation.y)
                     .json();
               }));
    return object.json();
  }

  std::string operator()(const HeatMap& map) const {
    Object object = Begin("heat_map", map.heading);
    object.Text("value", map.value_label).Text("format", FormatName(map.format));
    object.Text("row_title", map.row_title).Text("column_title", map.column_title);
    object.Raw("rows", Array(map.rows, Quoted)).Raw("columns", Array(map.columns, Quoted));
    object.Raw("values", Array(map.values,
                               [](const std::vector<double>& row) { return Array(row, Number); }));
    return object.json();
  }

  std::string operator()(const RowChart& chart) const {
    Object object = Begin(chart.mark == RowMark::kBar ? "bars" : "effects", chart.heading);
    object.Raw("axis", AxisJson(chart.axis));
    if (chart.reference.has_value()) object.Value("reference", *chart.reference);
    object.Raw("rows", Array(chart.rows, [](const Row& row) {
                 return Object()
                     .Maybe("group", row.group)
                     .Text("label", row.label)
                     .Value("value", row.value)
                     .Value("low", row.low)
                     .Value("high", row.high)
                     .json();
               }));
    return object.json();
  }
};

}  // namespace

std::string Json(const Figure& figure) { return std::visit(JsonWriter{}, figure) + "\n"; }

}  // namespace trainyard::figures
