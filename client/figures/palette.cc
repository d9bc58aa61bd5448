#include "client/figures/palette.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include "absl/strings/str_format.h"

namespace trainyard::figures {
namespace {

constexpr Rgb kLight[kMostColors + 1] = {{0x00, 0x5F, 0xBE}, {0xDD, 0x51, 0x00}, {0x0E, 0x94, 0x6B},
                                         {0xA3, 0x35, 0x8C}, {0x8A, 0x63, 0x0F}, {0x2E, 0x98, 0xD8},
                                         {0x33, 0x33, 0x33}, {0x88, 0x22, 0x55}, {0x7A, 0x7A, 0x1E},
                                         {0x33, 0x22, 0x88}, {0xC7, 0x55, 0x68}, {0x2B, 0x8A, 0x7C},
                                         {0x8E, 0x8E, 0x8E}};
constexpr Rgb kDark[kMostColors + 1] = {{0x4F, 0xA8, 0xE8}, {0xFF, 0x8A, 0x45}, {0x2F, 0xC7, 0x9B},
                                        {0xD9, 0x8B, 0xCB}, {0xF0, 0xB4, 0x29}, {0x9A, 0xD4, 0xF7},
                                        {0xDD, 0xE1, 0xE6}, {0xE5, 0x8F, 0xB0}, {0xC9, 0xC9, 0x5A},
                                        {0xA7, 0x9B, 0xF0}, {0xF0, 0xA0, 0xAB}, {0x7F, 0xD9, 0xCB},
                                        {0x7A, 0x7A, 0x7A}};
constexpr int kTerminal[kMostColors + 1] = {32,  166, 36, 133, 136, 74, 247,
                                            131, 101, 98, 168, 73,  243};

// Matplotlib's viridis at equal distances (CC0).
constexpr Rgb kViridis[] = {{0x44, 0x01, 0x54}, {0x48, 0x28, 0x78}, {0x3E, 0x49, 0x89},
                            {0x31, 0x68, 0x8E}, {0x26, 0x82, 0x8E}, {0x1F, 0x9E, 0x89},
                            {0x35, 0xB7, 0x79}, {0x6E, 0xCE, 0x58}, {0xB5, 0xDE, 0x2B},
                            {0xFD, 0xE7, 0x25}};
// ColorBrewer's RdBu, from blue.
constexpr Rgb kDiverging[] = {{0x21, 0x66, 0xAC}, {0x67, 0xA9, 0xCF}, {0xD1, 0xE5, 0xF0},
                              {0xF7, 0xF7, 0xF7}, {0xFD, 0xDB, 0xC7}, {0xEF, 0x8A, 0x62},
                              {0xB2, 0x18, 0x2B}};

template <size_t N>
Rgb Interpolate(const Rgb (&stops)[N], double share) {
  const double place = std::clamp(share, 0.0, 1.0) * (N - 1);
  const size_t below = std::min(static_cast<size_t>(place), N - 2);
  const double weight = place - static_cast<double>(below);
  const auto mix = [&](uint8_t a, uint8_t b) {
    return static_cast<uint8_t>(std::lround(a + (b - a) * weight));
  };
  const Rgb& a = stops[below];
  const Rgb& b = stops[below + 1];
  return {mix(a.red, b.red), mix(a.green, b.green), mix(a.blue, b.blue)};
}

// WCAG 2: relative luminance.
double Luminance(Rgb color) {
  const auto linear = [](uint8_t part) {
    const double value = part / 255.0;
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

}  // namespace

Rgb SeriesColor(size_t index, bool dark) {
  return (dark ? kDark : kLight)[std::min(index, kMostColors)];
}

std::string Hex(Rgb color) {
  return absl::StrFormat("#%02x%02x%02x", color.red, color.green, color.blue);
}

int TerminalColor(size_t index) { return kTerminal[std::min(index, kMostColors)]; }

Rgb MapColor(double share, bool diverging) {
  return diverging ? Interpolate(kDiverging, share) : Interpolate(kViridis, share);
}

bool IsLight(Rgb color) {
  // Contrast with black (L + 0.05) / 0.05 against that with white 1.05 / (L + 0.05).
  const double lifted = Luminance(color) + 0.05;
  // To the eye, white text holds out longer than the formula says.
  return lifted * lifted > 1.05 * 0.05 * 1.5;
}

ColorRange::ColorRange(const HeatMap& map)
    : log_(map.scale == ColorScale::kLog10),
      diverging_(map.scale == ColorScale::kDiverging),
      low_(std::numeric_limits<double>::infinity()),
      high_(-std::numeric_limits<double>::infinity()) {
  for (const auto& row : map.values) {
    for (const double value : row) {
      if (!HasColor(value)) continue;
      low_ = std::min(low_, value);
      high_ = std::max(high_, value);
    }
  }
  if (empty() || !diverging_) return;
  const double center = HasColor(map.center) ? map.center : 0;
  const double half = std::max(std::abs(low_ - center), std::abs(high_ - center));
  low_ = center - half;
  high_ = center + half;
}

bool ColorRange::HasColor(double value) const {
  // Differences of larger numbers overflow.
  constexpr double kLargest = 1e300;
  constexpr double kSmallestOfLog = 1e-300;
  if (!std::isfinite(value) || std::abs(value) > kLargest) return false;
  return !log_ || value >= kSmallestOfLog;
}

double ColorRange::Share(double value) const {
  if (empty() || !HasColor(value)) return kNothing;
  if (low_ == high_) return 0.5;
  if (log_) return (std::log10(value) - std::log10(low_)) / (std::log10(high_) - std::log10(low_));
  return (value - low_) / (high_ - low_);
}

}  // namespace trainyard::figures
