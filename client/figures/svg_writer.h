// Shapes and text of an SVG. Numbers are bounded and short, text is escaped: what is written here
// is well-formed whatever comes in. Used by one thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/figures/figure.h"

namespace trainyard::figures {

enum class Anchor { kStart, kMiddle, kEnd };

struct Label {
  std::string text;
  double x = 0;
  double y = 0;  // of the baseline
  double size = 12;
  Anchor anchor = Anchor::kStart;
  std::string style;  // class
  double angle = 0;   // degrees, around (x, y)
};

class SvgWriter {
 public:
  void Open(const std::string& style);  // a group
  void Close();
  // What a pointer is told that rests on the group.
  void Title(const std::string& text);
  void Line(double x1, double y1, double x2, double y2, const std::string& style);
  void Rectangle(double x, double y, double width, double height, const std::string& style,
                 const std::string& fill = "");
  void Polyline(const std::vector<Position>& points, const std::string& style);
  void Polygon(const std::vector<Position>& points, const std::string& style);
  void Circle(double x, double y, double radius, const std::string& style);
  void Text(const Label& label);
  // Markup of our own.
  void Raw(const std::string& markup) { text_ += markup; }
  const std::string& text() const { return text_; }

 private:
  void Points(const char* element, const std::vector<Position>& points, const std::string& style);
  std::string text_;
};

// For XML text and quoted attributes; what XML has no place for becomes U+FFFD.
std::string EscapeXml(const std::string& text);
// Two decimals, without trailing zeros, within +-100,000.
std::string Coordinate(double value);

}  // namespace trainyard::figures
