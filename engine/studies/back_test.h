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
  // Not worse than the best law by more than noise explains.
  bool admissible = false;
};

struct LawChoice {
  // The power law where it is admissible (it has the constant as its limit, and an asymptote), else
  // the one of the least error.
  LawKind kind = LawKind::kPower;
  std::vector<LawScore> scores;  // constant, logarithmic, power

  bool Admits(LawKind kind) const;
};

// Of a curve with at least 5 sizes (CheckEnough); with fewer every law is admissible.
LawChoice ChooseLaw(const LearningCurve& curve);

}  // namespace trainyard::studies
