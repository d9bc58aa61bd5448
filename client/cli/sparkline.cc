#include "client/cli/sparkline.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trainyard::cli {
namespace {

const char* const kLevels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr int kLevelCount = 8;

}  // namespace

std::vector<double> Downsample(const std::vector<double>& values, size_t count) {
  if (values.size() <= count || count == 0) return values;
  std::vector<double> means;
  means.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = i * values.size() / count;
    const size_t end = (i + 1) * values.size() / count;
    double sum = 0;
    int finite = 0;
    for (size_t j = begin; j < end; ++j) {
      if (!std::isfinite(values[j])) continue;
      sum += values[j];
      ++finite;
    }
    means.push_back(finite > 0 ? sum / finite : std::numeric_limits<double>::quiet_NaN());
  }
  return means;
}

std::string Sparkline(const std::vector<double>& values, int width) {
  if (width <= 0) return "";
  const std::vector<double> points = Downsample(values, static_cast<size_t>(width));
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : points) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  std::string line;
  for (const double value : points) {
    if (!std::isfinite(value)) {
      line += " ";
      continue;
    }
    // Halves first: high - low overflows where they are the ends of the range.
    const double share = high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0;
    line += kLevels[std::clamp(static_cast<int>(share * kLevelCount), 0, kLevelCount - 1)];
  }
  return line;
}

}  // namespace trainyard::cli
