// A study on a screen: its figure in characters, its points, laws and verdicts as tables. What
// `study get`, `study watch` and `study run` share. Nothing is kept.
#pragma once

#include <string>

#include "client/cli/console.h"
#include "client/cli/options.h"
#include "client/studies/study_figures.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::cli {

// The choice of `--figure`.
class FigureChoice {
 public:
  // `initial`: "main", that of the study as it is, or "none".
  void Declare(Options& options, const std::string& initial);
  client::StudyFigure which(const v1::Study& study) const;
  bool none() const { return name_ == "none"; }
  // One was asked for by its name.
  bool named() const { return client::ParseStudyFigure(name_).has_value(); }

 private:
  std::string name_;
};

// The figure at `width` columns, in at most `rows` rows (0: as many as it takes).
std::string FigureText(const v1::Study& study, client::StudyFigure which, int width, int rows,
                       const Console& console);
// "scaling  ━━━━━━───  37/56 points  2 failed  now cnn at 3,000", at most `width` columns.
std::string ProgressLine(const v1::Study& study, int width, bool unicode);
// "cnn at 3,000: test error 12.3 % [11.8, 12.9], 5 seeds, learning_rate 0.01", or why there is
// none.
std::string PointLine(const v1::Study& study, const v1::StudyPoint& point);

// Verdicts, then what is missing; "" where there is neither.
void PrintFindings(Console& console, const v1::Study& study);
// Everything else that `study get` shows.
void PrintStudy(Console& console, const v1::Study& study);

}  // namespace trainyard::cli
