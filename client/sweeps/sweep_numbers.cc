#include "client/sweeps/sweep_numbers.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client/figures/number.h"
#include "client/lib/spec_to_tree.h"

namespace trainyard::client {
namespace {

std::string LastName(const std::string& path) { return path.substr(path.rfind('.') + 1); }

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string Line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

SweepProgress ProgressOf(const v1::Sweep& sweep) {
  SweepProgress progress;
  progress.trials = sweep.trials_size();
  for (const v1::SweepTrial& trial : sweep.trials()) {
    const bool ended = trial.state() == v1::SUCCEEDED || trial.state() == v1::FAILED ||
                       trial.state() == v1::CANCELLED;
    if (ended && trial.stopped_early()) {
      ++progress.stopped_early;
    } else if (trial.state() == v1::SUCCEEDED) {
      ++progress.complete;
    } else if (trial.state() == v1::FAILED) {
      ++progress.failed;
    } else if (trial.state() == v1::CANCELLED) {
      ++progress.cancelled;
    } else if (trial.state() == v1::RUNNING || trial.state() == v1::CANCELLING) {
      ++progress.running;
    } else {
      ++progress.waiting;
    }
  }
  return progress;
}

bool IsComplete(const v1::Sweep& sweep, const v1::SweepTrial& trial) {
  return trial.state() == v1::SUCCEEDED && !trial.stopped_early() && trial.has_objective() &&
         trial.n() == std::max(1u, sweep.specification().seeds());
}

const v1::SweepTrial* BestTrial(const v1::Sweep& sweep) {
  const uint32_t index = sweep.best().trial();
  if (!sweep.has_best() || index >= static_cast<uint32_t>(sweep.trials_size())) return nullptr;
  return &sweep.trials(static_cast<int>(index));
}

bool IsBetter(const v1::Sweep& sweep, double value, double other) {
  if (std::isnan(value)) return false;
  if (std::isnan(other)) return true;
  return sweep.specification().objective().goal() == v1::GOAL_MINIMISE ? value < other
                                                                       : value > other;
}

std::string ShortPath(const v1::Sweep& sweep, const std::string& path) {
  const auto& parameters = sweep.specification().parameters();
  const auto alike = std::count_if(parameters.begin(), parameters.end(), [&](const auto& other) {
    return LastName(other.path()) == LastName(path);
  });
  return alike > 1 ? path : LastName(path);
}

std::string ValueText(const v1::SweepTrial& trial, const std::string& path) {
  const auto found = trial.values().find(path);
  if (found == trial.values().end()) return "";
  const Node node = TreeFromMessage(found->second);
  const bool single = node.kind == Node::Kind::kScalar;
  return Line(single ? WriteYaml(node) : WriteJsonLine(node));
}

std::string ValuesText(const v1::Sweep& sweep, const v1::SweepTrial& trial) {
  std::vector<std::string> values;
  for (const v1::SweepParameter& parameter : sweep.specification().parameters()) {
    values.push_back(
        absl::StrCat(ShortPath(sweep, parameter.path()), " ", ValueText(trial, parameter.path())));
  }
  return absl::StrJoin(values, ", ");
}

std::string EstimateText(const v1::IntervalEstimate& estimate) {
  if (!std::isfinite(estimate.value())) return "";
  std::string text = absl::StrFormat("%.4g", estimate.value());
  if (std::isfinite(estimate.low()) && std::isfinite(estimate.high()))
    absl::StrAppendFormat(&text, " [%.4g, %.4g]", estimate.low(), estimate.high());
  return text;
}

std::string TrialStateText(const v1::SweepTrial& trial) {
  const bool ended = trial.state() == v1::SUCCEEDED || trial.state() == v1::CANCELLED;
  if (trial.stopped_early() && ended) return "STOPPED";
  return v1::JobState_Name(trial.state());
}

double CoreSecondsOf(const v1::Sweep& sweep) {
  double sum = 0;
  for (const v1::SweepTrial& trial : sweep.trials()) {
    if (std::isfinite(trial.core_seconds())) sum += trial.core_seconds();
  }
  return sum;
}

std::string TrialsCsv(const v1::Sweep& sweep) {
  std::string csv = "trial,job,state,reason,stopped_early";
  for (const v1::SweepParameter& parameter : sweep.specification().parameters())
    absl::StrAppend(&csv, ",", CsvCell(parameter.path()));
  csv += ",seed,value,mean,low,high,n,steps,epochs,parameters,core_seconds,flops\n";
  for (const v1::SweepTrial& trial : sweep.trials()) {
    std::string head = absl::StrCat(trial.trial(), ",", CsvCell(trial.job()), ",",
                                    v1::JobState_Name(trial.state()), ",", CsvCell(trial.reason()),
                                    ",", trial.stopped_early() ? "true" : "false");
    for (const v1::SweepParameter& parameter : sweep.specification().parameters())
      absl::StrAppend(&head, ",", CsvCell(ValueText(trial, parameter.path())));
    const auto mean = [&](double value) {
      return trial.has_objective() ? figures::ExactNumber(value) : "";
    };
    const std::string tail = absl::StrCat(
        mean(trial.objective().value()), ",", mean(trial.objective().low()), ",",
        mean(trial.objective().high()), ",", trial.n(), ",", trial.steps(), ",",
        figures::ExactNumber(trial.epochs()), ",", trial.parameters(), ",",
        figures::ExactNumber(trial.core_seconds()), ",", figures::ExactNumber(trial.flops()));
    for (const v1::SweepTrial::Seed& seed : trial.seeds()) {
      absl::StrAppend(&csv, head, ",", seed.seed(), ",", figures::ExactNumber(seed.value()), ",",
                      tail, "\n");
    }
    if (trial.seeds().empty()) absl::StrAppend(&csv, head, ",,,", tail, "\n");
  }
  return csv;
}

}  // namespace trainyard::client
