#include "client/figures/number.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace trainyard::figures {
namespace {

constexpr double kSmallestPlain = 1e-4;  // below, powers of ten
constexpr double kSmallestBesidePowers = 0.0099;
constexpr double kLargestSuffix = 1e12;  // from here on, powers of ten
constexpr int kMostDecimals = 6;
constexpr double kPercent = 100;

std::string Superscript(int exponent) {
  static constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = exponent < 0 ? "⁻" : "";
  for (const char digit : absl::StrCat(std::abs(exponent))) text += kDigits[digit - '0'];
  return text;
}

// Without trailing zeros.
std::string Trimmed(double value, int decimals) {
  std::string text = absl::StrFormat("%.*f", decimals, value);
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text == "-0" ? "0" : text;
}

std::string Grouped(std::string digits) {
  const size_t first = digits[0] == '-' ? 1 : 0;
  const size_t point = std::min(digits.find('.'), digits.size());
  for (size_t i = point; i > first + 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string Power(double value, bool unicode) {
  // printf knows how to round; 1.50e-07 -> 1.5 and -7.
  const std::string text = absl::StrFormat("%.1e", value);
  const size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  if (digits.size() > 2 && digits.compare(digits.size() - 2, 2, ".0") == 0) {
    digits.resize(digits.size() - 2);
  }
  const int exponent = std::stoi(text.substr(e + 1));
  if (!unicode) return absl::StrCat(digits, "e", exponent);
  if (digits == "1") return "10" + Superscript(exponent);
  if (digits == "-1") return "−10" + Superscript(exponent);
  return absl::StrCat(digits, "×10", Superscript(exponent));
}

std::string Missing(double value, bool unicode) {
  if (std::isnan(value)) return unicode ? "–" : "-";
  if (!unicode) return value > 0 ? "inf" : "-inf";
  return value > 0 ? "∞" : "−∞";
}

bool IsPower(double value) {
  const double size = std::abs(value);
  return size != 0 && (size < kSmallestPlain || size >= kLargestSuffix);
}

// 1.5M; "" where the number is not that large.
std::string WithSuffix(double value) {
  const double size = std::abs(value);
  if (size >= 1e9) return Trimmed(value / 1e9, 2) + "B";
  if (size >= 1e6) return Trimmed(value / 1e6, 2) + "M";
  return "";
}

std::string Minus(std::string text, bool unicode) {
  if (unicode && !text.empty() && text[0] == '-') text.replace(0, 1, "−");
  return text;
}

// The fewest decimals with which all values are what they are.
int DecimalsOf(const std::vector<double>& values) {
  for (int decimals = 0; decimals < kMostDecimals; ++decimals) {
    const double unit = std::pow(10.0, decimals);
    const bool exact = std::all_of(values.begin(), values.end(), [&](double value) {
      const double scaled = value * unit;
      return std::abs(scaled - std::round(scaled)) <= 1e-6 * std::max(1.0, std::abs(scaled));
    });
    if (exact) return decimals;
  }
  return kMostDecimals;
}

}  // namespace

std::vector<std::string> TickLabels(const std::vector<double>& values, NumberFormat format,
                                    bool unicode) {
  const bool percent = format == NumberFormat::kPercent;
  std::vector<double> shown;
  shown.reserve(values.size());
  for (const double value : values) {
    shown.push_back(format == NumberFormat::kPlain ? value : value * kPercent);
  }
  double largest = 0;
  for (const double value : shown) largest = std::max(largest, std::abs(value));
  // On a linear axis a tiny number beside 0 is still a tick; only an axis of tiny or huge numbers
  // is one of powers.
  const bool powers = IsPower(largest);
  // 0.1, 0.01, then powers: 0.001 beside them is harder to read.
  const bool some = std::any_of(shown.begin(), shown.end(), IsPower);
  const auto is_power = [&](double value) {
    return value != 0 &&
           (powers || IsPower(value) || (some && std::abs(value) < kSmallestBesidePowers));
  };
  std::vector<double> plain;
  for (const double value : shown) {
    if (std::isfinite(value) && !is_power(value)) plain.push_back(value);
  }
  double least = largest;
  for (const double value : plain) {
    if (value != 0) least = std::min(least, std::abs(value));
  }
  const bool same_decimals = least * 100 > largest;
  std::vector<std::string> labels;
  for (const double value : shown) {
    std::string text;
    if (!std::isfinite(value)) {
      text = Missing(value, unicode);
    } else if (is_power(value)) {
      text = Power(value, unicode);
    } else if (text = WithSuffix(value); text.empty()) {
      // Decades side by side (0.01, 0.1, 1, 10) have their own decimals; neighbours share them.
      const int decimals = DecimalsOf(same_decimals || value == 0 ? plain : std::vector{value});
      text = Grouped(absl::StrFormat("%.*f", value == 0 ? 0 : decimals, value));
      if (value == 0) text = "0";
    }
    labels.push_back(Minus(text, unicode) + (percent && std::isfinite(value) ? " %" : ""));
  }
  return labels;
}

std::string ShortNumber(double value, NumberFormat format, bool unicode) {
  if (!std::isfinite(value)) return Missing(value, unicode);
  const bool hundreds = format != NumberFormat::kPlain && std::isfinite(value * kPercent);
  const bool percent = hundreds && format == NumberFormat::kPercent;
  const double shown = hundreds ? value * kPercent : value;
  std::string text;
  if (IsPower(shown)) {
    text = Power(shown, unicode);
  } else if (text = WithSuffix(shown); text.empty()) {
    const double size = std::abs(shown);
    const int before = size < 1 ? 0 : static_cast<int>(std::floor(std::log10(size))) + 1;
    const int most = size < 0.1 && size > 0 ? 4 : 3;
    text = Grouped(Trimmed(shown, std::clamp(3 - before, 0, most)));
    if (size > 0 && size < 0.1) text = Trimmed(shown, most);
    if (hundreds) text = Grouped(absl::StrFormat("%.1f", shown));
  }
  return Minus(text, unicode) + (percent ? " %" : "");
}

std::string WithInterval(double value, double low, double high, NumberFormat format, bool unicode) {
  const std::string text = ShortNumber(value, format, unicode);
  if (!std::isfinite(low) && !std::isfinite(high)) return text;
  // One sign of percent is enough: 85.3 % [84.9, 85.7].
  const NumberFormat inner = format == NumberFormat::kPlain ? format : NumberFormat::kPoints;
  return absl::StrCat(text, " [", ShortNumber(low, inner, unicode), ", ",
                      ShortNumber(high, inner, unicode), "]");
}

std::string ExactNumber(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char text[32];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

}  // namespace trainyard::figures
