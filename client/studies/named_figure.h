// The figures of a study by the names that users give them. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "client/figures/figure.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// Those of studies of data (study_figures.h), then those of activation studies: "gradients",
// "saturation", "speed-up".
const std::vector<std::string>& FigureNames();

// `name`: one of them. "error" of an activation study is its training error at the largest depth. A
// figure that a study of its kind does not have is empty, and says so.
figures::Figure FigureNamed(const v1::Study& study, const std::string& name);

}  // namespace trainyard::client
