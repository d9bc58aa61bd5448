#include "client/lib/scalars.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace trainyard::client {
namespace {

constexpr double kLargestExact = 9007199254740992.0;  // 2^53
constexpr double kNanosecondsPerSecond = 1e9;

bool LooksLikeNumber(const std::string& text) {
  size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  size_t digits = 0;
  while (i < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) ++i, ++digits;
  if (i < text.size() && text[i] == '.') {
    ++i;
    while (i < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i])))
      ++i, ++digits;
  }
  if (digits == 0) return false;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    size_t exponent = 0;
    while (i < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i])))
      ++i, ++exponent;
    if (exponent == 0) return false;
  }
  return i == text.size();
}

// Seconds of one unit; 0 for an unknown one.
double UnitSeconds(const std::string& unit) {
  if (unit == "ms") return 1e-3;
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m" || unit == "min") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86400;
  return 0;
}

}  // namespace

std::optional<double> ParseNumber(const std::string& text) {
  const std::string word = absl::AsciiStrToLower(text);
  if (word == ".inf" || word == "+.inf") return std::numeric_limits<double>::infinity();
  if (word == "-.inf") return -std::numeric_limits<double>::infinity();
  if (word == ".nan") return std::numeric_limits<double>::quiet_NaN();
  if (!LooksLikeNumber(text)) return std::nullopt;
  return std::strtod(text.c_str(), nullptr);
}

std::optional<int64_t> ParseInteger(const std::string& text) {
  if (!LooksLikeNumber(text)) return std::nullopt;
  if (text.find_first_of(".eE") == std::string::npos) {
    errno = 0;
    const long long value = std::strtoll(text.c_str(), nullptr, 10);
    if (errno == ERANGE) return std::nullopt;
    return value;
  }
  const double value = std::strtod(text.c_str(), nullptr);
  if (!(std::abs(value) <= kLargestExact) || value != std::floor(value)) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::optional<bool> ParseBoolean(const std::string& text) {
  const std::string word = absl::AsciiStrToLower(text);
  if (word == "true") return true;
  if (word == "false") return false;
  return std::nullopt;
}

std::optional<int64_t> ParseDuration(const std::string& text) {
  double seconds = 0;
  size_t i = 0;
  if (text.empty()) return std::nullopt;
  while (i < text.size()) {
    size_t end = i;
    while (end < text.size() &&
           (absl::ascii_isdigit(static_cast<unsigned char>(text[end])) || text[end] == '.')) {
      ++end;
    }
    const std::string number = text.substr(i, end - i);
    if (!LooksLikeNumber(number)) return std::nullopt;
    i = end;
    while (end < text.size() && absl::ascii_isalpha(static_cast<unsigned char>(text[end]))) ++end;
    const double unit = UnitSeconds(text.substr(i, end - i));
    if (unit == 0 || (end == i && end != text.size())) return std::nullopt;
    seconds += std::strtod(number.c_str(), nullptr) * unit;
    i = end;
  }
  if (!(seconds * kNanosecondsPerSecond < 9e18)) return std::nullopt;
  return static_cast<int64_t>(std::llround(seconds * kNanosecondsPerSecond));
}

bool IsNullWord(const std::string& text) {
  return text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL";
}

std::string NumberText(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value > 0 ? ".inf" : "-.inf";
  for (int digits = 1; digits <= 17; ++digits) {
    std::string text = absl::StrFormat("%.*g", digits, value);
    if (std::strtod(text.c_str(), nullptr) != value) continue;
    // "1e+06" reads badly where plain digits do.
    if (std::abs(value) < 1e15 && value == std::floor(value)) return absl::StrFormat("%.0f", value);
    return text;
  }
  return absl::StrFormat("%.17g", value);
}

}  // namespace trainyard::client
