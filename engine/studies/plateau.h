// Has a learning curve plateaued, or does more data still help? Asked of the share of the remaining
// error that doubling the data at the largest size takes away.
#pragma once

#include <string>

#include "engine/studies/back_test.h"
#include "engine/studies/curve.h"
#include "engine/studies/guards.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

enum class Trend { kPlateaued, kKeepsImproving, kUndecided };

struct PlateauOptions {
  // Below this share of the error per doubling a curve has plateaued.
  double threshold = 0.02;
  double level = 0.95;
  Guards guards = {};
};

struct Plateau {
  Trend trend = Trend::kUndecided;
  // Of the claim "it has plateaued": holds, does not hold here (keeps improving), undecided, or
  // what CheckCurve says.
  Finding finding;
  Estimate improvement;  // share of the error per doubling, at the largest size
  Estimate asymptote;    // E of the power law
  Estimate exponent;     // b of the power law
  LawChoice choice;
};

Plateau TestPlateau(const LearningCurve& curve, const PlateauOptions& options = {});

}  // namespace trainyard::studies
