// May a curve be analysed at all? Every analysis of laws asks here first.
#pragma once

#include "engine/studies/curve.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct Guards {
  int sizes = 5;
  double decades = 1.5;  // from the smallest to the largest size
  int seeds = 3;         // independent repetitions at a size
};

// The sizes with enough seeds; its notes say which are left out.
LearningCurve UsablePart(const LearningCurve& curve, const Guards& guards = {});

// kHolds: a law may be fitted to UsablePart(). kInsufficientData: too little of it.
Finding CheckEnough(const LearningCurve& curve, const Guards& guards = {});

// CheckEnough, and kIllBehaved where the usable part rises by more than noise (such as the peak of
// double descent) or where no law fits it: about one learning curve in seven (LCDB 1.1, arXiv
// 2505.15657).
Finding CheckCurve(const LearningCurve& curve, const Guards& guards = {});

}  // namespace trainyard::studies
