#include "client/figures/row_extent.h"

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/figures/number.h"

namespace trainyard::figures {

std::optional<AxisRange> ExtentOf(const RowChart& chart) {
  std::vector<double> values;
  bool any = false;
  for (const Row& row : chart.rows) {
    if (!std::isfinite(row.value)) continue;
    any = true;
    values.insert(values.end(), {row.value, row.low, row.high});
  }
  if (!any) return std::nullopt;
  if (chart.reference.has_value()) values.push_back(*chart.reference);
  if (chart.mark == RowMark::kBar) values.push_back(0);  // a bar begins there
  return RangeOf(chart.axis, values);
}

std::string RowText(const RowChart& chart, const Row& row, bool unicode) {
  const bool sign = chart.mark == RowMark::kDot && chart.reference == 0.0;
  if (!sign) return WithInterval(row.value, row.low, row.high, chart.axis.format, unicode);
  const auto number = [&](double value) {
    // What is written 0.0 has no sign.
    const std::string text = ShortNumber(value, chart.axis.format, unicode);
    const bool positive = value > 0 && text.find_first_of("123456789") != std::string::npos;
    return absl::StrCat(positive ? "+" : "", text);
  };
  if (!std::isfinite(row.low) && !std::isfinite(row.high)) return number(row.value);
  return absl::StrCat(number(row.value), " [", number(row.low), ", ", number(row.high), "]");
}

bool IsUndecided(const RowChart& chart, const Row& row) {
  return chart.reference.has_value() && row.low <= *chart.reference && *chart.reference <= row.high;
}

}  // namespace trainyard::figures
