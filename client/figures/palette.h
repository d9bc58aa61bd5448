// Colours and marks of series, the same on paper, on a screen and in a terminal; and the colours of
// heat maps. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "client/figures/bounded.h"
#include "client/figures/figure.h"

namespace trainyard::figures {

struct Rgb {
  uint8_t red = 0;
  uint8_t green = 0;
  uint8_t blue = 0;
};

// The hues of Okabe and Ito, then of Tol, moved until the first six lie apart for deuteranopes too
// and each has a contrast of 3:1 or more against white (light) or near-black (dark). Index
// kMostColors: the grey of all further series.
Rgb SeriesColor(size_t index, bool dark);
std::string Hex(Rgb color);
// Of the 256-colour terminal, of middle lightness: for black and white backgrounds.
int TerminalColor(size_t index);

// Share 0..1 -> viridis, or blue-white-red for a diverging scale.
Rgb MapColor(double share, bool diverging);
// Whether black text reads better on it than white.
bool IsLight(Rgb color);

// From lowest to highest value of a map: where `value` lies in its colours, 0..1; NaN for a gap.
class ColorRange {
 public:
  explicit ColorRange(const HeatMap& map);
  bool empty() const { return !(low_ <= high_); }
  double low() const { return low_; }
  double high() const { return high_; }
  double Share(double value) const;
  Rgb Color(double value) const { return MapColor(Share(value), diverging_); }

 private:
  bool HasColor(double value) const;

  bool log_;
  bool diverging_;
  double low_;
  double high_;
};

}  // namespace trainyard::figures
