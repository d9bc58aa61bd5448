// Which values the trials of a sweep have: every combination of a grid, or combinations drawn from
// counter-based random streams, so that one seed means the same trials on every machine. Pure
// functions of a specification that has been checked.
#pragma once

#include <cstdint>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard {

// A value for each parameter, in their order.
using Combination = std::vector<google::protobuf::Value>;

// Values that a parameter may take; 0 where they are drawn from a range of real numbers.
uint64_t ChoicesOf(const v1::SweepParameter& parameter);
// Combinations of all parameters, saturated; 0 where a parameter has no end of values.
uint64_t CombinationsOf(const v1::SweepSpecification& sweep);

// All of them, the last parameter fastest.
std::vector<Combination> GridOf(const v1::SweepSpecification& sweep);
// `sweep.trials` of them, no two alike; fewer where there are no more.
std::vector<Combination> DrawCombinations(const v1::SweepSpecification& sweep);

}  // namespace trainyard
