#include "client/sweeps/sweep_figures.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/sweeps/sweep_numbers.h"

namespace trainyard::client {
namespace {

using figures::Plot;
using figures::Scale;
using figures::Series;

constexpr char kTrials[] = "trials";
constexpr char kImportance[] = "importance";
// From here on a linear axis would press most values together.
constexpr double kWideRange = 20;
constexpr double kSurely = 0.05;
// Intervals of two seeds may be wider than all means: they have as much room beyond those.
constexpr double kIntervalRoom = 0.6;
constexpr double kMargin = 0.04;

figures::Point PointAt(double x, const v1::SweepTrial& trial) {
  figures::Point point{x, trial.objective().value(), trial.objective().low(),
                       trial.objective().high()};
  // Of one seed nothing is known about the others.
  if (!std::isfinite(point.low) || !std::isfinite(point.high))
    point.low = point.high = figures::kNothing;
  return point;
}

// What is in no figure, in a sentence.
std::string Missing(const v1::Sweep& sweep) {
  const SweepProgress progress = ProgressOf(sweep);
  const int open = progress.running + progress.waiting;
  std::string text;
  const auto add = [&](int count, const char* what) {
    if (count > 0) absl::StrAppend(&text, text.empty() ? "" : ", ", count, " ", what);
  };
  add(progress.failed, "failed");
  add(progress.cancelled, "were cancelled");
  add(open, "have not ended");
  return text.empty() ? "" : absl::StrCat("Of ", progress.trials, " trials ", text, ".");
}

Plot Empty(const v1::Sweep& sweep, const std::string& title) {
  Plot plot;
  plot.heading.title = title;
  plot.heading.note = Missing(sweep);
  plot.y.label = sweep.specification().objective().series();
  const uint32_t seeds = std::max(1u, sweep.specification().seeds());
  plot.meanings.points =
      seeds > 1 ? absl::StrCat("mean of ", seeds, " seeds, 95 % interval") : "one seed";
  return plot;
}

// Two series: what was trained to the end, and what ended early at the value that it had then.
template <typename Position>
void AddTrials(const v1::Sweep& sweep, const Position& position, Plot& plot) {
  Series complete;
  Series stopped;
  complete.name = "trained to the end";
  stopped.name = "stopped early";
  for (const v1::SweepTrial& trial : sweep.trials()) {
    if (!trial.has_objective()) continue;
    if (IsComplete(sweep, trial)) complete.points.push_back(PointAt(position(trial), trial));
    if (trial.stopped_early()) stopped.points.push_back(PointAt(position(trial), trial));
  }
  plot.series.push_back(std::move(complete));
  if (!stopped.points.empty()) plot.series.push_back(std::move(stopped));
}

// The ends of the y axis: all values, and of their intervals as much as has room.
void BoundAxis(Plot& plot) {
  double low = figures::kNothing, high = figures::kNothing;
  double outer_low = figures::kNothing, outer_high = figures::kNothing;
  for (const Series& series : plot.series) {
    for (const figures::Point& point : series.points) {
      low = std::fmin(low, point.y);
      high = std::fmax(high, point.y);
      outer_low = std::fmin(outer_low, std::fmin(point.y, point.low));
      outer_high = std::fmax(outer_high, std::fmax(point.y, point.high));
    }
  }
  if (!(high > low)) return;
  const double room = kIntervalRoom * (high - low);
  const double margin = kMargin * (high - low);
  plot.y.low = std::fmax(outer_low, low - room) - margin;
  plot.y.high = std::fmin(outer_high, high + room) + margin;
}

Plot AgainstTrials(const v1::Sweep& sweep) {
  Plot plot = Empty(sweep, "Objective of the trials");
  plot.x.label = "trial";
  plot.x.low = 0;
  plot.x.high = std::max(1, sweep.trials_size() - 1);
  const auto place = [](const v1::SweepTrial& trial) { return double{1} * trial.trial(); };
  AddTrials(sweep, place, plot);
  double best = figures::kNothing;
  for (const figures::Point& point : plot.series[0].points) {
    if (!std::isnan(best)) plot.series[0].line.push_back({point.x, best});
    if (IsBetter(sweep, point.y, best)) best = point.y;
    plot.series[0].line.push_back({point.x, best});
  }
  if (!std::isnan(best)) plot.series[0].line.push_back({*plot.x.high, best});
  plot.meanings.line = "best so far";
  BoundAxis(plot);
  return plot;
}

// Ranges say how they are meant; of listed values the ratio decides.
bool IsLogarithmic(const v1::SweepParameter& parameter, double low, double high) {
  if (parameter.has_uniform() || parameter.has_integer()) return false;
  return low > 0 && (parameter.values().empty() || high / low >= kWideRange);
}

Plot AgainstNumbers(const v1::Sweep& sweep, const v1::SweepParameter& parameter) {
  const std::string& path = parameter.path();
  const std::string name = ShortPath(sweep, path);
  Plot plot = Empty(sweep, absl::StrCat("Objective against ", name));
  plot.x.label = path;
  double low = figures::kNothing;
  double high = figures::kNothing;
  const auto place = [&](const v1::SweepTrial& trial) {
    const double x = trial.values().at(path).number_value();
    low = std::fmin(low, x);
    high = std::fmax(high, x);
    return x;
  };
  AddTrials(sweep, place, plot);
  if (IsLogarithmic(parameter, low, high)) plot.x.scale = Scale::kLog10;
  BoundAxis(plot);
  return plot;
}

// The best of each word: what a user chooses between.
figures::RowChart AgainstWords(const v1::Sweep& sweep, const std::string& path) {
  figures::RowChart chart;
  chart.heading.title = absl::StrCat("Best trial of each ", ShortPath(sweep, path));
  chart.heading.note = Missing(sweep);
  chart.axis.label = sweep.specification().objective().series();
  chart.mark = figures::RowMark::kDot;
  std::map<std::string, const v1::SweepTrial*> best;
  for (const v1::SweepTrial& trial : sweep.trials()) {
    if (!IsComplete(sweep, trial)) continue;
    const v1::SweepTrial*& known = best[ValueText(trial, path)];
    if (known == nullptr || IsBetter(sweep, trial.objective().value(), known->objective().value()))
      known = &trial;
  }
  for (const auto& [word, trial] : best) {
    const figures::Point point = PointAt(0, *trial);
    chart.rows.push_back({word, point.y, point.low, point.high});
  }
  return chart;
}

figures::RowChart Importance(const v1::Sweep& sweep) {
  figures::RowChart chart;
  chart.heading.title = "How parameters go with the objective";
  chart.heading.subtitle =
      "numbers: rank correlation, above 0 where larger is better; words: share of the variance of "
      "ranks";
  chart.axis.label = "correlation, or share";
  chart.reference = 0;
  for (const v1::SweepImportance& entry : sweep.importance()) {
    std::string label = absl::StrCat(ShortPath(sweep, entry.path()), ", n ", entry.n());
    if (!(entry.p_value() < kSurely)) absl::StrAppend(&label, ", may be chance");
    chart.rows.push_back({label, entry.effect()});
  }
  std::stable_sort(chart.rows.begin(), chart.rows.end(), [](const auto& a, const auto& b) {
    return std::abs(a.value) > std::abs(b.value);
  });
  if (chart.rows.empty()) chart.heading.note = "It takes five trials that can be compared.";
  return chart;
}

bool IsOfNumbers(const v1::Sweep& sweep, const std::string& path) {
  return std::all_of(sweep.trials().begin(), sweep.trials().end(), [&](const auto& trial) {
    const auto found = trial.values().find(path);
    return found != trial.values().end() && found->second.has_number_value();
  });
}

}  // namespace

std::vector<std::string> SweepFigureNames(const v1::Sweep& sweep) {
  std::vector<std::string> names = {kTrials, kImportance};
  for (const v1::SweepParameter& parameter : sweep.specification().parameters())
    names.push_back(ShortPath(sweep, parameter.path()));
  return names;
}

std::optional<figures::Figure> SweepFigure(const v1::Sweep& sweep, const std::string& name) {
  if (name == kTrials) return AgainstTrials(sweep);
  if (name == kImportance) return Importance(sweep);
  for (const v1::SweepParameter& parameter : sweep.specification().parameters()) {
    const std::string& path = parameter.path();
    if (name != path && name != ShortPath(sweep, path)) continue;
    if (IsOfNumbers(sweep, path)) return AgainstNumbers(sweep, parameter);
    return AgainstWords(sweep, path);
  }
  return std::nullopt;
}

}  // namespace trainyard::client
