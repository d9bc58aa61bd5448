#include "client/studies/feature_gain_figure.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "client/studies/study_numbers.h"

namespace trainyard::client {
namespace {

// Intervals of few seeds may reach far below 0: what is drawn keeps room for the means.
constexpr double kLeastShown = -1;

}  // namespace

figures::Plot FeatureGainFigure(const v1::Study& study) {
  figures::Plot plot;
  plot.heading.title = "What features are worth against amount of data";
  plot.heading.note = WhatIsMissing(study);
  plot.x = {"training samples", "", figures::Scale::kLog10};
  plot.y = {"errors that the features remove", "", figures::Scale::kLinear,
            figures::NumberFormat::kPercent};
  for (const v1::StudyFeatureGain& gain : study.analysis().feature_gains()) {
    figures::Series series;
    series.name = absl::StrCat(gain.without(), " -> ", gain.with());
    for (const v1::StudyFeatureGain::Point& point : gain.points()) {
      const v1::IntervalEstimate& removed = point.removed();
      figures::Point shown{point.size(), removed.value()};
      if (std::isfinite(removed.low()) && std::isfinite(removed.high())) {
        shown.low = std::fmax(removed.low(), std::fmin(kLeastShown, removed.value()));
        shown.high = removed.high();
      }
      series.points.push_back(shown);
      series.line.push_back({shown.x, shown.y});
    }
    plot.series.push_back(std::move(series));
  }
  if (plot.series.empty()) {
    plot.heading.note = "No two contenders differ in their features alone.";
    return plot;
  }
  plot.references.push_back({0, "nothing"});
  plot.meanings.points = "geometric mean over seeds, 95 % interval";
  return plot;
}

}  // namespace trainyard::client
