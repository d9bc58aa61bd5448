// Does the best of one family of models (networks) beat the best of another (traditional learners),
// at each size? Asked of fresh runs, over seeds that both have.
#pragma once

#include <string>
#include <vector>

#include "engine/studies/curve.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct DominanceAtSize {
  double size = 0;
  std::string best, best_rival;  // by their means at this size
  int pairs = 0;
  // Share of seeds at which the best won, ties half. Who is best is asked of the other seeds: the
  // best of several, judged by the runs that made it the best, wins too often.
  Estimate win_rate;  // Jeffreys' interval
  // That a fresh run of the best beats one of the best rival, for normal noise.
  Estimate probability;
};

struct Dominance {
  std::vector<DominanceAtSize> sizes;  // those at which both families have three paired seeds
  // Of "at the largest size the family beats its rivals".
  Finding finding;
};

Dominance CompareFamilies(const std::string& family_name, const std::vector<LearningCurve>& family,
                          const std::string& rival_name, const std::vector<LearningCurve>& rivals);

}  // namespace trainyard::studies
