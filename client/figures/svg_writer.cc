#include "client/figures/svg_writer.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/text/text.h"

namespace trainyard::figures {
namespace {

constexpr double kFarthest = 100'000;

const char* AnchorName(Anchor anchor) {
  switch (anchor) {
    case Anchor::kStart:
      return "start";
    case Anchor::kMiddle:
      return "middle";
    case Anchor::kEnd:
      return "end";
  }
  return "start";
}

bool InXml(char32_t point) {
  if (point < 0x20) return point == '\t' || point == '\n' || point == '\r';
  return point != 0xFFFE && point != 0xFFFF && !(point >= 0x7F && point <= 0x9F);
}

}  // namespace

std::string Coordinate(double value) {
  if (std::isnan(value)) value = 0;
  std::string text = absl::StrFormat("%.2f", std::clamp(value, -kFarthest, kFarthest));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string EscapeXml(const std::string& text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const CodePoint point = CodePointAt(text, i);
    switch (point.value) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        if (point.value == kBadPoint || !InXml(point.value)) {
          escaped += "\uFFFD";
        } else {
          escaped.append(text, i, point.bytes);
        }
    }
    i += point.bytes;
  }
  return escaped;
}

void SvgWriter::Open(const std::string& style) {
  absl::StrAppend(&text_, "<g class=\"", EscapeXml(style), "\">\n");
}

void SvgWriter::Close() { text_ += "</g>\n"; }

void SvgWriter::Title(const std::string& text) {
  absl::StrAppend(&text_, "<title>", EscapeXml(text), "</title>\n");
}

void SvgWriter::Line(double x1, double y1, double x2, double y2, const std::string& style) {
  absl::StrAppend(&text_, "<line class=\"", EscapeXml(style), "\" x1=\"", Coordinate(x1),
                  "\" y1=\"", Coordinate(y1), "\" x2=\"", Coordinate(x2), "\" y2=\"",
                  Coordinate(y2), "\"/>\n");
}

void SvgWriter::Rectangle(double x, double y, double width, double height, const std::string& style,
                          const std::string& fill) {
  absl::StrAppend(&text_, "<rect class=\"", EscapeXml(style), "\" x=\"", Coordinate(x), "\" y=\"",
                  Coordinate(y), "\" width=\"", Coordinate(std::max(0.0, width)), "\" height=\"",
                  Coordinate(std::max(0.0, height)), "\"");
  if (!fill.empty()) absl::StrAppend(&text_, " fill=\"", EscapeXml(fill), "\"");
  text_ += "/>\n";
}

void SvgWriter::Points(const char* element, const std::vector<Position>& points,
                       const std::string& style) {
  absl::StrAppend(&text_, "<", element, " class=\"", EscapeXml(style), "\" points=\"");
  for (const Position& point : points) {
    absl::StrAppend(&text_, &point == points.data() ? "" : " ", Coordinate(point.x), ",",
                    Coordinate(point.y));
  }
  text_ += "\"/>\n";
}

void SvgWriter::Polyline(const std::vector<Position>& points, const std::string& style) {
  Points("polyline", points, style);
}

void SvgWriter::Polygon(const std::vector<Position>& points, const std::string& style) {
  Points("polygon", points, style);
}

void SvgWriter::Circle(double x, double y, double radius, const std::string& style) {
  absl::StrAppend(&text_, "<circle class=\"", EscapeXml(style), "\" cx=\"", Coordinate(x),
                  "\" cy=\"", Coordinate(y), "\" r=\"", Coordinate(radius), "\"/>\n");
}

void SvgWriter::Text(const Label& label) {
  if (label.text.empty()) return;
  absl::StrAppend(&text_, "<text x=\"", Coordinate(label.x), "\" y=\"", Coordinate(label.y),
                  "\" font-size=\"", Coordinate(label.size), "\" text-anchor=\"",
                  AnchorName(label.anchor), "\"");
  if (!label.style.empty()) absl::StrAppend(&text_, " class=\"", EscapeXml(label.style), "\"");
  if (label.angle != 0) {
    absl::StrAppend(&text_, " transform=\"rotate(", Coordinate(label.angle), " ",
                    Coordinate(label.x), " ", Coordinate(label.y), ")\"");
  }
  absl::StrAppend(&text_, ">", EscapeXml(label.text), "</text>\n");
}

}  // namespace trainyard::figures
