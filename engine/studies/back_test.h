// Chooses between laws by what they would have predicted, and not by how closely they fit: the
// largest sizes are hidden, each law is fitted to the rest, and its predictions are compared with
// what came.
#pragma once

#include <vector>

#include "engine/studies/curve.h"
#include "engine/studies/laws.h"

namespace trainyard::studies {

struct LawScore {
  LawKind kind = LawKind::kPower;
  // Root mean square of log(predicted / measured) over the hidden sizes.
  double log_error = 0;
  // How far to believe the law, of 1 in all: by its errors, in units of what noise explains.
  double weight = 0;
};

struct LawChoice {
  LawKind kind = LawKind::kPower;  // of the greatest weight
  std::vector<LawScore> scores;    // constant, logarithmic, power

  double Weight(LawKind kind) const;
  // The back-test does not rule it out.
  bool Admits(LawKind kind) const { return Weight(kind) >= 0.05; }
};

// Of a curve with at least 5 sizes (CheckEnough); with fewer every law is as good as its prior.
LawChoice ChooseLaw(const LearningCurve& curve);

}  // namespace trainyard::studies
