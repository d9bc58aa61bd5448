// Where one learning curve falls below another: the size n* from which, say, a network beats a
// traditional learner.
#pragma once

#include <string>
#include <vector>

#include "engine/studies/curve.h"
#include "engine/studies/guards.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct Crossing {
  // The interval has all sizes at which the two are not told apart; it ends at the range where
  // `open_below` or `open_above`.
  Estimate size;
  bool open_below = false, open_above = false;
  // Each side is surely the better on its side.
  bool confirmed = false;
  std::string better_below, better_above;
};

struct Crossover {
  // Of "the curves cross": does not hold where one is surely better at every size.
  Finding finding;
  std::vector<Crossing> crossings;
};

// Over the sizes that both were measured at. Curves that no law fits are interpolated between their
// sizes; the others are compared by their laws. Both are taken to be measured on the same test
// part, and the answer is one about it.
Crossover FindCrossover(const LearningCurve& a, const LearningCurve& b, const Guards& guards = {});

}  // namespace trainyard::studies
