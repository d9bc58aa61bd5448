// An axis: what range it spans, where a value lies on it, which ticks it has. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "client/figures/figure.h"

namespace trainyard::figures {

// low < high, both finite; positive where the scale is logarithmic.
class AxisRange {
 public:
  AxisRange(Scale scale, double low, double high) : scale_(scale), low_(low), high_(high) {}
  Scale scale() const { return scale_; }
  double low() const { return low_; }
  double high() const { return high_; }
  // 0 at `low`, 1 at `high`; NaN for what the axis has no place for (NaN, infinities, 0 on a
  // logarithmic axis).
  double Share(double value) const;
  // The value at a share.
  double At(double share) const;

 private:
  Scale scale_;
  double low_;
  double high_;
};

// The range of an axis with these values on it, a little wider than they are. Absent where no value
// has a place on the axis.
std::optional<AxisRange> RangeOf(const Axis& axis, const std::vector<double>& values);

struct Ticks {
  std::vector<double> values;
  std::vector<std::string> labels;
  std::vector<double> minor;  // without label; of logarithmic axes
};

// How much room a label takes along the axis, gap included, in the unit of `length`.
using Measure = std::function<double(const std::string&)>;

// The densest ticks at 1, 2 or 5 times a power of ten whose labels stand clear of one another on an
// axis of `length`, at most `most` of them.
Ticks FitTicks(const AxisRange& range, NumberFormat format, double length, int most,
               const Measure& measure, bool unicode = true);

}  // namespace trainyard::figures
