// The figures of a sweep, from what the server knows of it so far: the objective of the trials in
// their order with the best so far, against one parameter, and which parameters mattered. Pure
// functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/figures/figure.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard::client {

// "trials", "importance", then the parameters by the names that ShortPath gives them.
std::vector<std::string> SweepFigureNames(const v1::Sweep& sweep);
// One of these, or the whole path of a parameter; absent for another name.
std::optional<figures::Figure> SweepFigure(const v1::Sweep& sweep, const std::string& name);

}  // namespace trainyard::client
