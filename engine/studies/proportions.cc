#include "engine/studies/proportions.h"

#include <cmath>

#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {
constexpr double kUpperTail = 0.975;
}

Interval ShareInterval(double share, double count) {
  if (!(count > 0)) return {0, 1};
  const double z = NormalQuantile(kUpperTail);
  const double scale = 1 + z * z / count;
  const double center = (share + z * z / (2 * count)) / scale;
  const double reach =
      z / scale * std::sqrt(share * (1 - share) / count + z * z / (4 * count * count));
  return {center - reach, center + reach};
}

Estimate DifferenceOfShares(double share_a, double count_a, double share_b, double count_b) {
  const Interval a = ShareInterval(share_a, count_a);
  const Interval b = ShareInterval(share_b, count_b);
  const double difference = share_a - share_b;
  return {difference,
          {difference - std::hypot(share_a - a.low, b.high - share_b),
           difference + std::hypot(a.high - share_a, share_b - b.low)}};
}

}  // namespace trainyard::studies
