#include "server/studies/answers.h"

namespace trainyard {

v1::Verdict ToVerdict(studies::Verdict verdict) {
  switch (verdict) {
    case studies::Verdict::kHolds:
      return v1::HOLDS;
    case studies::Verdict::kDoesNotHold:
      return v1::DOES_NOT_HOLD;
    case studies::Verdict::kUndecided:
      return v1::UNDECIDED;
    case studies::Verdict::kInsufficientData:
      return v1::INSUFFICIENT_DATA;
    case studies::Verdict::kIllBehaved:
      return v1::ILL_BEHAVED;
  }
  return v1::VERDICT_UNSPECIFIED;
}

v1::IntervalEstimate ToProto(const studies::Estimate& estimate) {
  v1::IntervalEstimate out;
  out.set_value(estimate.value);
  out.set_low(estimate.interval.low);
  out.set_high(estimate.interval.high);
  return out;
}

}  // namespace trainyard
