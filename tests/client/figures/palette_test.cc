#include "client/figures/palette.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "gtest/gtest.h"

namespace trainyard::figures {
namespace {

using Linear = std::array<double, 3>;

Linear LinearOf(Rgb color) {
  const auto linear = [](uint8_t part) {
    const double value = part / 255.0;
    return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return {linear(color.red), linear(color.green), linear(color.blue)};
}

double Contrast(Rgb a, Rgb b) {
  const auto luminance = [](Rgb color) {
    const Linear l = LinearOf(color);
    return 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
  };
  const double high = std::max(luminance(a), luminance(b));
  const double low = std::min(luminance(a), luminance(b));
  return (high + 0.05) / (low + 0.05);
}

// As deuteranopes (Viénot, Brettel and Mollon 1999) or everybody sees it, in CIELAB.
Linear Lab(Rgb color, bool deuteranope) {
  Linear l = LinearOf(color);
  if (deuteranope) {
    const double yellow = 0.29275 * l[0] + 0.70725 * l[1];
    l = {yellow, yellow, -0.02234 * l[0] + 0.02234 * l[1] + l[2]};
  }
  const double x = (0.4124 * l[0] + 0.3576 * l[1] + 0.1805 * l[2]) / 0.9505;
  const double y = 0.2126 * l[0] + 0.7152 * l[1] + 0.0722 * l[2];
  const double z = (0.0193 * l[0] + 0.1192 * l[1] + 0.9505 * l[2]) / 1.089;
  const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16.0 / 116; };
  return {116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))};
}

double Distance(Rgb a, Rgb b, bool deuteranope) {
  const Linear p = Lab(a, deuteranope);
  const Linear q = Lab(b, deuteranope);
  return std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

TEST(Palette, StandsOutFromThePaper) {
  for (size_t i = 0; i < kMostColors; ++i) {
    EXPECT_GE(Contrast(SeriesColor(i, false), {255, 255, 255}), 3) << i;
    EXPECT_GE(Contrast(SeriesColor(i, true), {0x14, 0x17, 0x1b}), 3) << i;
  }
}

TEST(Palette, FirstSixStayApartForTheColourBlind) {
  // Lines are told apart at a distance of some 10; all twelve have their own marks beside.
  for (const bool dark : {false, true}) {
    for (size_t i = 0; i < 6; ++i) {
      for (size_t j = 0; j < i; ++j) {
        EXPECT_GE(Distance(SeriesColor(i, dark), SeriesColor(j, dark), false), 20) << i << " " << j;
        EXPECT_GE(Distance(SeriesColor(i, dark), SeriesColor(j, dark), true), 10)
            << (dark ? "dark " : "light ") << i << " " << j;
      }
    }
  }
}

TEST(Palette, MapsGrowLighter) {
  double before = -1;
  for (int i = 0; i <= 20; ++i) {
    const double lightness = Lab(MapColor(i / 20.0, false), false)[0];
    EXPECT_GT(lightness, before);
    before = lightness;
  }
  EXPECT_EQ(Hex(MapColor(0.5, true)), "#f7f7f7");
  EXPECT_EQ(Hex(MapColor(-3, false)), "#440154");
}

TEST(Palette, TextIsReadableOnEveryColour) {
  for (const bool diverging : {false, true}) {
    for (int i = 0; i <= 100; ++i) {
      const Rgb color = MapColor(i / 100.0, diverging);
      const Rgb text = IsLight(color) ? Rgb{0x11, 0x11, 0x11} : Rgb{255, 255, 255};
      EXPECT_GE(Contrast(color, text), 3) << i;
    }
  }
}

HeatMap Map(ColorScale scale, std::vector<double> values) {
  HeatMap map;
  map.scale = scale;
  map.values = {std::move(values)};
  return map;
}

TEST(ColorRange, SpansItsValues) {
  const ColorRange linear(Map(ColorScale::kLinear, {2, kNothing, 4}));
  EXPECT_EQ(linear.Share(3), 0.5);
  const ColorRange log(Map(ColorScale::kLog10, {-1, 0, 0.01, 1}));
  EXPECT_DOUBLE_EQ(log.Share(0.1), 0.5);
  EXPECT_TRUE(std::isnan(log.Share(0)));
}

TEST(ColorRange, OfADivergingScaleIsEvenAboutItsCentre) {
  const ColorRange colors(Map(ColorScale::kDiverging, {-1, 3}));
  EXPECT_EQ(colors.Share(0), 0.5);
  EXPECT_EQ(colors.low(), -3);
  EXPECT_DOUBLE_EQ(colors.Share(-1), 1.0 / 3);
}

TEST(ColorRange, BearsOddValues) {
  EXPECT_TRUE(ColorRange(Map(ColorScale::kLinear, {kNothing})).empty());
  EXPECT_EQ(ColorRange(Map(ColorScale::kLinear, {5, 5})).Share(5), 0.5);
  const ColorRange huge(Map(ColorScale::kDiverging, {-1e308, 1, 2}));
  EXPECT_TRUE(std::isnan(huge.Share(-1e308)));
  EXPECT_EQ(huge.Share(2), 1);
}

}  // namespace
}  // namespace trainyard::figures
