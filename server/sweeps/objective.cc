#include "server/sweeps/objective.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace trainyard {
namespace {

constexpr char kPart[] = "validation/";
constexpr char kPath[] = "objective.series";
constexpr int kDefaultBest = 5;

// Series by the metric that gives them, without part and detail.
std::vector<std::string> NamesOf(const v1::Component& metric) {
  if (metric.type() == "precision_recall_f1") return {"precision", "recall", "f1"};
  if (metric.type() == "confusion") return {};
  if (metric.type() == "top_k") {
    const auto k = metric.params().find("k");
    const double best = k == metric.params().end() ? kDefaultBest : k->second.number_value();
    return {absl::StrCat("top_", best)};
  }
  return {metric.type()};
}

bool IsError(const std::string& name) {
  for (const char* known : {"loss", "log_loss", "mse", "mae", "perplexity", "calibration_error"}) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace

void CheckObjective(const v1::SweepObjective& objective, Violations& violations) {
  const std::string& series = objective.series();
  if (!v1::SweepGoal_IsValid(objective.goal()))
    violations.Add("objective.goal", "unknown value; known: maximise, minimise");
  if (series.empty()) return;
  if (absl::StartsWith(series, "test/")) {
    return violations.Add(kPath,
                          absl::StrCat("'", series,
                                       "' is of the test part: to choose by it would be to tune "
                                       "on it, and its value would promise too much; use ",
                                       kPart, series.substr(5)));
  }
  if (absl::StartsWith(series, "train/")) {
    return violations.Add(kPath, absl::StrCat("'", series,
                                              "' is of the samples that are trained "
                                              "on: it rewards learning by heart; use ",
                                              kPart, series.substr(6)));
  }
  const std::string name = absl::StartsWith(series, kPart) ? series.substr(sizeof(kPart) - 1) : "";
  if (name.empty() || absl::StrContains(name, '/')) {
    violations.Add(kPath, absl::StrCat("'", series,
                                       "' is no series of the validation part, for "
                                       "example validation/accuracy"));
  }
}

void ResolveObjective(const v1::Specification& job, v1::SweepObjective& objective,
                      Violations& violations) {
  std::vector<std::string> known = {"loss"};
  for (const v1::Component& metric : job.metrics()) {
    for (const std::string& name : NamesOf(metric)) {
      if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
    }
  }
  if (objective.series().empty()) {
    const bool shares = std::find(known.begin(), known.end(), "accuracy") != known.end();
    objective.set_series(absl::StrCat(kPart, shares ? "accuracy" : "loss"));
  }
  const std::string name = objective.series().substr(sizeof(kPart) - 1);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    return violations.Add(
        kPath, absl::StrCat("no metric of the specification gives '", objective.series(),
                            "'; it has ", kPart, absl::StrJoin(known, absl::StrCat(", ", kPart)),
                            "; add the metric to specification.metrics"));
  }
  if (objective.goal() == v1::GOAL_UNSPECIFIED)
    objective.set_goal(IsError(name) ? v1::GOAL_MINIMISE : v1::GOAL_MAXIMISE);
}

bool IsBetter(v1::SweepGoal goal, double value, double other) {
  if (std::isnan(value)) return false;
  if (std::isnan(other)) return true;
  return goal == v1::GOAL_MINIMISE ? value < other : value > other;
}

}  // namespace trainyard
