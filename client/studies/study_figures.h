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
  kParameters,      // error against parameters, see ladder_figures.h
  kFeatures,        // see feature_gain_figure.h
  kGradients,       // of an activation study, see activation_figures.h
  kSaturation,
  kSpeedUp,
  kEffects,  // of a takeaway study, see takeaway_figures.h
  kCells,
};

// "error", "performance", "predictability" ...: in the order of the enum.
const std::vector<std::string>& StudyFigureNames();
// Absent for another name.
std::optional<StudyFigure> ParseStudyFigure(const std::string& name);

// The one that says most of the study as it is now.
StudyFigure MainFigure(const v1::Study& study);

// Series are the contenders, in their order, whether or not they have points yet. kError of an
// activation study is its training error at the largest depth. A figure that studies of this kind
// do not have is empty, and says so.
figures::Figure FigureOf(const v1::Study& study, StudyFigure which);

}  // namespace trainyard::client
