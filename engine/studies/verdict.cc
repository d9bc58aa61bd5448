#include "engine/studies/verdict.h"

#include <cmath>
#include <cstdio>

namespace trainyard::studies {

std::string VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kDoesNotHold:
      return "does not hold here";
    case Verdict::kUndecided:
      return "undecided";
    case Verdict::kInsufficientData:
      return "insufficient data";
    case Verdict::kIllBehaved:
      return "ill-behaved";
  }
  return "undecided";
}

void AddEstimate(const std::string& name, const Estimate& estimate, Finding& finding) {
  finding.numbers.push_back({name, estimate.value});
  finding.numbers.push_back({name + "_low", estimate.interval.low});
  finding.numbers.push_back({name + "_high", estimate.interval.high});
}

std::string Readable(double value) {
  if (std::isnan(value)) return "unknown";
  if (std::isinf(value)) return "unbounded";
  char text[64];
  if (std::abs(value) < 9999.5 || std::abs(value) >= 1e15) {
    std::snprintf(text, sizeof(text), "%.4g", value);
    return text;
  }
  std::snprintf(text, sizeof(text), "%.0f", value);
  std::string digits = text;
  const size_t first = digits[0] == '-' ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string ReadableShare(double share) {
  if (!std::isfinite(share)) return Readable(share);
  char text[64];
  std::snprintf(text, sizeof(text), "%.3g %%", 100 * share);
  return text;
}

std::string Readable(const Interval& interval) {
  return Readable(interval.low) + " to " + Readable(interval.high);
}

}  // namespace trainyard::studies
