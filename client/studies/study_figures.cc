#include "client/studies/study_figures.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "absl/strings/str_cat.h"
#include "client/studies/activation_figures.h"
#include "client/studies/feature_gain_figure.h"
#include "client/studies/frontier.h"
#include "client/studies/ladder_figures.h"
#include "client/studies/study_numbers.h"
#include "client/studies/takeaway_figures.h"

namespace trainyard::client {
namespace {

using figures::Plot;
using figures::Scale;
using figures::Series;

constexpr size_t kMostCrossings = 4;  // more labels than curves are unreadable
// An interval of two seeds may span decades: beyond this factor from the middle of what is drawn it
// is cut, so that the curves keep their room.
constexpr double kIntervalRoom = 1.6;
constexpr double kMargin = 1.04;

// Of the frontier; the others are in its table.
constexpr size_t kMostNamed = 5;

void Describe(const v1::Study& study, Plot& plot) { plot.heading.note = WhatIsMissing(study); }

// From error to what the axis shows.
struct View {
  bool accuracy = false;
  double operator()(double error) const { return accuracy ? 1 - error : error; }
};

figures::Point Measured(const v1::StudyPoint& point, double x, const View& view) {
  figures::Point shown{x, view(point.mean().value()), view(point.mean().low()),
                       view(point.mean().high())};
  if (shown.low > shown.high) std::swap(shown.low, shown.high);
  // Of one seed nothing is known about the others.
  if (!std::isfinite(shown.low) && !std::isfinite(shown.high)) {
    shown.low = shown.high = figures::kNothing;
  }
  return shown;
}

// Solid as far as the contender was measured, then dashed with its band.
void AddLaw(const v1::StudyLaw& law, double measured, const View& view, Series& series) {
  for (const v1::StudyLaw::Point& point : law.curve()) {
    const figures::Position at{point.size(), view(point.mean().value())};
    if (point.size() <= measured * (1 + 1e-9)) {
      series.line.push_back(at);
      continue;
    }
    if (series.forecast.empty() && !series.line.empty()) {
      series.forecast.push_back(series.line.back());
    }
    series.forecast.push_back(at);
    const double low = view(point.mean().low());
    const double high = view(point.mean().high());
    if (point.mean().low() < point.mean().high()) {
      series.band.push_back({point.size(), std::min(low, high), std::max(low, high)});
    }
  }
  const double asymptote = law.asymptote().value();
  if (law.has_asymptote() && std::isfinite(asymptote)) series.asymptote = view(asymptote);
}

// The ends of a logarithmic y axis: all means and curves, and of intervals as much as has room.
void BoundLogAxis(Plot& plot) {
  double low = figures::kNothing;
  double high = figures::kNothing;
  double outer_low = figures::kNothing;
  double outer_high = figures::kNothing;
  const auto take = [](double value, double& least, double& most) {
    if (!std::isfinite(value) || value <= 0) return;
    least = std::fmin(least, value);
    most = std::fmax(most, value);
  };
  for (const Series& series : plot.series) {
    for (const figures::Point& point : series.points) {
      take(point.y, low, high);
      take(point.low, outer_low, outer_high);
      take(point.high, outer_low, outer_high);
    }
    for (const figures::Position& at : series.line) take(at.y, low, high);
    for (const figures::Position& at : series.forecast) take(at.y, low, high);
    for (const figures::BandEdge& edge : series.band) {
      take(edge.low, outer_low, outer_high);
      take(edge.high, outer_low, outer_high);
    }
  }
  if (!(low > 0)) return;
  plot.y.low = std::fmax(std::fmin(low, outer_low), low / kIntervalRoom) / kMargin;
  plot.y.high = std::fmin(std::fmax(high, outer_high), high * kIntervalRoom) * kMargin;
  for (Series& series : plot.series) {
    // One near 0 would be a line along the frame.
    if (series.asymptote.has_value() && !(*series.asymptote > *plot.y.low)) {
      series.asymptote.reset();
    }
  }
}

// The error of a law at a size, between the points of its curve; NaN outside.
double CurveAt(const v1::StudyLaw& law, double size) {
  for (int i = 1; i < law.curve_size(); ++i) {
    const v1::StudyLaw::Point& a = law.curve(i - 1);
    const v1::StudyLaw::Point& b = law.curve(i);
    if (!(a.size() <= size && size <= b.size() && a.size() < b.size() && a.size() > 0)) continue;
    const double share = std::log(size / a.size()) / std::log(b.size() / a.size());
    return a.mean().value() + share * (b.mean().value() - a.mean().value());
  }
  return figures::kNothing;
}

// Whether nobody else is better there: such crossings change who is best.
bool IsBetweenTheBest(const v1::Study& study, const v1::StudyCrossing& crossing) {
  const double size = crossing.size().value();
  const v1::StudyLaw* above = LawOf(study, crossing.above());
  if (above == nullptr) return false;
  const double best = CurveAt(*above, size);
  for (const v1::StudyLaw& law : study.analysis().laws()) {
    if (law.contender() == crossing.below() || law.contender() == crossing.above()) continue;
    if (CurveAt(law, size) < best) return false;
  }
  return std::isfinite(best);
}

void AddCrossings(const v1::Study& study, Plot& plot) {
  for (const v1::StudyCrossing& crossing : study.analysis().crossings()) {
    const v1::IntervalEstimate& size = crossing.size();
    if (!std::isfinite(size.value()) || plot.intervals.size() == kMostCrossings) continue;
    if (!IsBetweenTheBest(study, crossing)) continue;
    plot.intervals.push_back({size.value(), size.low(), size.high(),
                              absl::StrCat(crossing.above(), " passes ", crossing.below(), " at")});
  }
}

void AddMeanings(const v1::Study& study, Plot& plot) {
  const uint32_t seeds = study.specification().seeds();
  plot.meanings.points =
      seeds > 1 ? absl::StrCat("mean of ", seeds, " seeds, 95 % interval") : "one seed";
  for (const Series& series : plot.series) {
    if (!series.line.empty()) plot.meanings.line = "fitted law";
    if (!series.forecast.empty()) plot.meanings.forecast = "forecast";
    if (!series.band.empty()) plot.meanings.band = "95 % of the law";
    if (series.asymptote.has_value()) plot.meanings.asymptote = "asymptote";
  }
}

Plot AgainstData(const v1::Study& study, bool performance) {
  const bool regression = IsRegression(study);
  const View view{performance && !regression};
  Plot plot;
  plot.heading.title =
      view.accuracy ? "Performance against amount of data" : "Error against amount of data";
  plot.x = {"training samples", "", Scale::kLog10};
  plot.y.label = view.accuracy ? "test accuracy" : ErrorLabel(study);
  plot.y.scale = performance ? Scale::kLinear : Scale::kLog10;
  if (!regression) plot.y.format = figures::NumberFormat::kPercent;
  for (const v1::Contender& contender : study.specification().contenders()) {
    Series series;
    series.name = contender.name();
    double measured = 0;
    for (const v1::StudyPoint* point : MeasuredPoints(study, contender.name())) {
      measured = static_cast<double>(point->size());
      series.points.push_back(Measured(*point, measured, view));
    }
    const v1::StudyLaw* law = LawOf(study, contender.name());
    if (law != nullptr) AddLaw(*law, measured, view, series);
    plot.series.push_back(std::move(series));
  }
  if (!performance) BoundLogAxis(plot);
  AddCrossings(study, plot);
  AddMeanings(study, plot);
  Describe(study, plot);
  return plot;
}

// One series a contender: what `number` says of each of its points, joined.
Plot Joined(const v1::Study& study,
            const std::function<figures::Point(const v1::Contender&, const v1::StudyPoint&)>& of) {
  Plot plot;
  for (const v1::Contender& contender : study.specification().contenders()) {
    Series series;
    series.name = contender.name();
    for (const v1::StudyPoint* point : MeasuredPoints(study, contender.name())) {
      const figures::Point at = of(contender, *point);
      if (!std::isfinite(at.x) || !std::isfinite(at.y)) continue;
      series.points.push_back(at);
      series.line.push_back({at.x, at.y});
    }
    plot.series.push_back(std::move(series));
  }
  Describe(study, plot);
  return plot;
}

Plot Predictability(const v1::Study& study) {
  Plot plot = Joined(study, [](const v1::Contender&, const v1::StudyPoint& point) {
    return figures::Point{static_cast<double>(point.size()), SeedDeviation(point)};
  });
  const bool regression = IsRegression(study);
  plot.heading.title = "Predictability against amount of data";
  plot.x = {"training samples", "", Scale::kLog10};
  plot.y = {"standard deviation of the test error over seeds",
            regression ? "mean squared" : "percentage points", Scale::kLog10,
            regression ? figures::NumberFormat::kPlain : figures::NumberFormat::kPoints};
  return plot;
}

// The best error for no more than a cost, in steps, with the names of those that set it.
void AddFrontier(const v1::Study& study, RunCost cost, Plot& plot) {
  const std::vector<FrontierPoint> frontier = Frontier(study, cost);
  if (frontier.size() < 2) return;
  Series steps;
  steps.name = "best for the cost";
  for (const FrontierPoint& at : frontier) {
    const double error = at.point->mean().value();
    if (!steps.line.empty()) steps.line.push_back({at.cost, steps.line.back().y});
    steps.line.push_back({at.cost, error});
  }
  plot.series.push_back(std::move(steps));
  // Evenly over the frontier, the first and the last among them.
  const size_t named = std::min(frontier.size(), kMostNamed);
  for (size_t i = 0; i < named; ++i) {
    const FrontierPoint& at = frontier[i * (frontier.size() - 1) / (named - 1)];
    plot.annotations.push_back({at.cost, at.point->mean().value(), PointText(*at.point)});
  }
}

Plot Compute(const v1::Study& study, bool flops) {
  const RunCost kind = flops ? RunCost::kFlops : RunCost::kCoreSeconds;
  Plot plot = Joined(study, [&](const v1::Contender&, const v1::StudyPoint& point) {
    const double cost = CostOfRun(study, point, kind);
    return cost > 0 ? Measured(point, cost, View()) : figures::Point();
  });
  AddFrontier(study, kind, plot);
  plot.heading.title = flops ? "Error against computation" : "Error against time on the machine";
  plot.x = {flops ? "FLOPs of a run" : "core-seconds of a run", "", Scale::kLog10};
  plot.y = {ErrorLabel(study), "", Scale::kLog10};
  if (!IsRegression(study)) plot.y.format = figures::NumberFormat::kPercent;
  BoundLogAxis(plot);
  plot.meanings.points = "a size: mean over seeds, 95 % interval";
  return plot;
}

Plot DeepestTraining(const v1::Study& study) {
  const std::vector<ActivationGroup> groups = ActivationGroups(study);
  return TrainingCurvesOf(study, groups.empty() ? ActivationGroup() : groups.back());
}

Plot Bounded(Plot plot) {
  BoundLogAxis(plot);
  return plot;
}

// The kind of studies that have a figure; "" where it is not that of one kind.
std::string KindOf(StudyFigure which) {
  switch (which) {
    case StudyFigure::kGradients:
    case StudyFigure::kSaturation:
    case StudyFigure::kSpeedUp:
      return "activation";
    case StudyFigure::kEffects:
    case StudyFigure::kCells:
      return "takeaway";
    default:
      return "";
  }
}

std::string KindOf(const v1::Study& study) {
  return IsActivationStudy(study) ? "activation" : IsTakeaway(study) ? "takeaway" : "scaling";
}

Plot NotOfThisKind(StudyFigure which) {
  Plot empty;
  empty.heading.title =
      absl::StrCat("No figure '", StudyFigureNames()[static_cast<size_t>(which)], "'");
  empty.heading.note = absl::StrCat("It is one of ", KindOf(which), " studies.");
  return empty;
}

}  // namespace

const std::vector<std::string>& StudyFigureNames() {
  static const auto& names = *new std::vector<std::string>{
      "error",    "performance", "predictability", "core-seconds", "flops",   "parameters",
      "features", "gradients",   "saturation",     "speed-up",     "effects", "cells"};
  return names;
}

std::optional<StudyFigure> ParseStudyFigure(const std::string& name) {
  const std::vector<std::string>& names = StudyFigureNames();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<StudyFigure>(found - names.begin());
}

StudyFigure MainFigure(const v1::Study& study) {
  if (!IsTakeaway(study)) return StudyFigure::kError;
  return study.analysis().has_takeaway() ? StudyFigure::kEffects : StudyFigure::kCells;
}

figures::Figure FigureOf(const v1::Study& study, StudyFigure which) {
  if (!KindOf(which).empty() && KindOf(which) != KindOf(study)) return NotOfThisKind(which);
  switch (which) {
    case StudyFigure::kError:
      if (IsActivationStudy(study)) return DeepestTraining(study);
      return AgainstData(study, /*performance=*/false);
    case StudyFigure::kPerformance:
      return AgainstData(study, /*performance=*/true);
    case StudyFigure::kPredictability:
      return Predictability(study);
    case StudyFigure::kCoreSeconds:
      return Compute(study, /*flops=*/false);
    case StudyFigure::kFlops:
      return Compute(study, /*flops=*/true);
    case StudyFigure::kParameters:
      return Bounded(ParametersFigure(study));
    case StudyFigure::kFeatures:
      return FeatureGainFigure(study);
    case StudyFigure::kGradients:
      return GradientsOf(study, /*at_the_first_step=*/true);
    case StudyFigure::kSaturation:
      return SaturationOf(study);
    case StudyFigure::kSpeedUp:
      return SpeedUpsOf(study, Cost::kSteps);
    case StudyFigure::kEffects:
      return EffectsFigure(study);
    case StudyFigure::kCells:
      return CellsFigure(study);
  }
  return Plot();
}

}  // namespace trainyard::client
