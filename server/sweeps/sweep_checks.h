// What of a sweep is refused before any trial is made. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/violations.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard {

inline constexpr uint32_t kMostTrials = 1000;

// Defaults are filled in already.
void CheckSweep(const v1::SweepSpecification& sweep, Violations& violations);

}  // namespace trainyard
