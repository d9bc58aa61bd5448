#include "client/figures/scale.h"

#include <algorithm>
#include <cmath>

#include "client/figures/number.h"

namespace trainyard::figures {
namespace {

// Beyond these, differences and ratios overflow: no figure shows such numbers.
constexpr double kLargest = 1e300;
constexpr double kSmallestOfLog = 1e-300;
constexpr double kMargin = 0.04;  // of the range, at each end
// Two values closer than this (relative) would get ticks that differ in no digit.
constexpr double kNarrowest = 1e-9;
constexpr int kMostMinor = 120;

bool HasPlace(Scale scale, double value) {
  if (!std::isfinite(value) || std::abs(value) > kLargest) return false;
  return scale == Scale::kLinear || value >= kSmallestOfLog;
}

double NiceStep(double raw) {
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  const double mantissa = raw / power;
  return power * (mantissa <= 1.0000001   ? 1
                  : mantissa <= 2.0000001 ? 2
                  : mantissa <= 5.0000001 ? 5
                                          : 10);
}

std::vector<double> LinearTicks(const AxisRange& range, int most) {
  const double step = NiceStep((range.high() - range.low()) / most);
  const double first = std::ceil(range.low() / step - 1e-9);
  const double last = std::floor(range.high() / step + 1e-9);
  std::vector<double> ticks;
  for (double i = first; i <= last && static_cast<int>(ticks.size()) <= most; ++i) {
    // 0.1 * 3 is not 0.3, 3 / 10 is.
    ticks.push_back(step < 1 ? i / std::round(1 / step) : i * step);
    if (!std::isfinite(ticks.back())) ticks.back() = i * step;
  }
  return ticks;
}

std::vector<double> LogTicks(const AxisRange& range, const std::vector<int>& mantissas, int every) {
  std::vector<double> ticks;
  const int first = static_cast<int>(std::floor(std::log10(range.low())));
  const int last = static_cast<int>(std::ceil(std::log10(range.high())));
  for (int decade = first; decade <= last; ++decade) {
    if (((decade % every) + every) % every != 0) continue;
    for (const int mantissa : mantissas) {
      const double value =
          decade < 0 ? mantissa / std::pow(10.0, -decade) : mantissa * std::pow(10.0, decade);
      const double share = range.Share(value);
      if (share >= -1e-9 && share <= 1 + 1e-9) ticks.push_back(value);
    }
  }
  return ticks;
}

// From dense to sparse.
std::vector<std::vector<double>> Candidates(const AxisRange& range, int most) {
  std::vector<std::vector<double>> candidates;
  if (range.scale() == Scale::kLog10) {
    candidates.push_back(LogTicks(range, {1, 2, 5}, 1));
    candidates.push_back(LogTicks(range, {1, 3}, 1));
    for (int every = 1; every <= 128; every *= 2) {
      candidates.push_back(LogTicks(range, {1}, every));
    }
    // Less than two of them: the axis spans so little that it might as well be linear.
    std::erase_if(candidates, [](const auto& ticks) { return ticks.size() < 2; });
    if (!candidates.empty() && candidates[0].size() >= 3) return candidates;
  }
  std::vector<std::vector<double>> linear;
  for (int count = most; count >= 1; --count) linear.push_back(LinearTicks(range, count));
  candidates.insert(candidates.begin(), linear.begin(), linear.end());
  return candidates;
}

bool StandClear(const AxisRange& range, const Ticks& ticks, double length, const Measure& measure) {
  double end = -1e30;
  for (size_t i = 0; i < ticks.values.size(); ++i) {
    const double room = measure(ticks.labels[i]);
    const double middle = range.Share(ticks.values[i]) * length;
    if (middle - room / 2 < end) return false;
    end = middle + room / 2;
  }
  return true;
}

}  // namespace

double AxisRange::Share(double value) const {
  if (!HasPlace(scale_, value)) return kNothing;
  if (scale_ == Scale::kLog10) {
    return (std::log10(value) - std::log10(low_)) / (std::log10(high_) - std::log10(low_));
  }
  return (value - low_) / (high_ - low_);
}

double AxisRange::At(double share) const {
  if (scale_ == Scale::kLog10) {
    const double low = std::log10(low_);
    return std::pow(10.0, low + share * (std::log10(high_) - low));
  }
  return low_ + share * (high_ - low_);
}

std::optional<AxisRange> RangeOf(const Axis& axis, const std::vector<double>& values) {
  double low = kLargest;
  double high = -kLargest;
  bool any = false;
  for (const double value : values) {
    if (!HasPlace(axis.scale, value)) continue;
    any = true;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!any) return std::nullopt;
  const double data_low = low;
  const double data_high = high;
  const bool log = axis.scale == Scale::kLog10;
  if (high - low <= kNarrowest * std::max(std::abs(low), std::abs(high))) {
    const double half = low == 0 ? 1 : std::abs(low) * 0.1;
    low = log ? low / 2 : low - half;
    high = log ? high * 2 : high + half;
  } else if (log) {
    const double margin = std::pow(high / low, kMargin);
    low /= margin;
    high *= margin;
  } else {
    const double margin = (high - low) * kMargin;
    low -= margin;
    high += margin;
  }
  // The margin does not step over what no such value can be: a count below 0, a share above 100 %.
  if (!log && data_low >= 0) low = std::max(low, 0.0);
  if (axis.format == NumberFormat::kPercent && data_high <= 1) high = std::min(high, 1.0);
  const auto usable = [&](const std::optional<double>& end) {
    return end.has_value() && HasPlace(axis.scale, *end);
  };
  if (usable(axis.low)) low = *axis.low;
  if (usable(axis.high)) high = *axis.high;
  if (!(low < high)) {  // ends that were asked for exclude the data, or one another
    high = log ? low * 10 : low + std::max(1.0, std::abs(low));
  }
  return AxisRange(axis.scale, std::max(low, log ? kSmallestOfLog : -kLargest),
                   std::min(high, kLargest));
}

Ticks FitTicks(const AxisRange& range, NumberFormat format, double length, int most,
               const Measure& measure, bool unicode) {
  Ticks ticks;
  for (std::vector<double>& values : Candidates(range, std::max(most, 1))) {
    ticks.values = std::move(values);
    ticks.labels = TickLabels(ticks.values, format, unicode);
    if (static_cast<int>(ticks.values.size()) <= most + 1 &&
        StandClear(range, ticks, length, measure)) {
      break;
    }
    ticks = {};
  }
  if (range.scale() == Scale::kLog10) {
    for (const double value : LogTicks(range, {1, 2, 3, 4, 5, 6, 7, 8, 9}, 1)) {
      if (std::find(ticks.values.begin(), ticks.values.end(), value) == ticks.values.end()) {
        ticks.minor.push_back(value);
      }
    }
    if (ticks.minor.size() > kMostMinor) ticks.minor.clear();
  }
  return ticks;
}

}  // namespace trainyard::figures
