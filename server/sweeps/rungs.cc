#include "server/sweeps/rungs.h"

#include <algorithm>
#include <cmath>

#include "server/sweeps/objective.h"

namespace trainyard {

std::vector<uint64_t> RungsOf(uint64_t least, uint64_t factor, uint64_t budget) {
  std::vector<uint64_t> rungs;
  if (least == 0 || factor < 2) return rungs;
  for (uint64_t rung = least; rung < budget; rung *= factor) {
    rungs.push_back(rung);
    if (rung > budget / factor) break;
  }
  return rungs;
}

ExpectedShare ExpectShare(const std::vector<uint64_t>& rungs, uint64_t factor, uint64_t budget) {
  ExpectedShare share;
  share.training = 0;
  uint64_t from = 0;
  for (const uint64_t rung : rungs) {
    share.training += share.survivors * static_cast<double>(rung - from);
    share.survivors /= static_cast<double>(factor);
    from = rung;
  }
  share.training += share.survivors * static_cast<double>(budget - from);
  share.training /= static_cast<double>(std::max<uint64_t>(1, budget));
  return share;
}

bool GoesOn(const std::vector<double>& earlier, double value, uint64_t factor, v1::SweepGoal goal) {
  if (std::isnan(value)) return false;
  const auto better = std::count_if(earlier.begin(), earlier.end(),
                                    [&](double other) { return IsBetter(goal, other, value); });
  const uint64_t kept = std::max<uint64_t>(1, (earlier.size() + 1) / factor);
  return static_cast<uint64_t>(better) < kept;
}

}  // namespace trainyard
