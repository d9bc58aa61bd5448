// Shares of test samples: how far apart two of them are. Thread-safe, pure functions.
#pragma once

#include "engine/studies/verdict.h"

namespace trainyard::studies {

// Of a share of `count` samples: Wilson's score interval, 95 %.
Interval ShareInterval(double share, double count);

// a - b with Newcombe's interval from Wilson's (1998, method 10), 95 %. Of two models judged on the
// same samples it is on the safe side: what both get wrong counts as doubt.
Estimate DifferenceOfShares(double share_a, double count_a, double share_b, double count_b);

}  // namespace trainyard::studies
