// The figures of a study, from what the server knows of it so far: error and performance against
// the amount of data (the figure of the text), spread over seeds, and what computation buys. Used
// by the commands (terminal, SVG) and by the report. Pure functions.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/figures/figure.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

enum class StudyFigure {
  kError,           // against training samples, both axes logarithmic
  kPerformance,     // 1 - error on a linear axis; of regressions, their error on one
  kPredictability,  // standard deviation over seeds
  kCoreSeconds,     // error against core-seconds of a run
  kFlops,           // error against FLOPs of a run
};

// "error", "performance", "predictability", "core-seconds", "flops": in the order of the enum.
const std::vector<std::string>& StudyFigureNames();
// Absent for another name.
std::optional<StudyFigure> ParseStudyFigure(const std::string& name);

// Series are the contenders, in their order, whether or not they have points yet.
figures::Plot FigureOf(const v1::Study& study, StudyFigure which);

}  // namespace trainyard::client
