#include "client/cli/sweep_view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/format.h"
#include "client/cli/table.h"
#include "client/figures/terminal.h"
#include "client/lib/job_names.h"
#include "client/lib/sweep_names.h"
#include "client/sweeps/sweep_figures.h"
#include "client/sweeps/sweep_numbers.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr int kLabelWidth = 12;
constexpr int kBarWidth = 16;
constexpr int kFigureRows = 14;
constexpr int kFewestRows = 5;
constexpr double kSurely = 0.05;

void Line(Console& console, const std::string& label, const std::string& value) {
  if (!value.empty()) console.out << PadRight(label, kLabelWidth) << Printable(value) << "\n";
}

std::string Bar(double share, bool unicode) {
  const int full = static_cast<int>(share * kBarWidth);
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i)
    bar += unicode ? (i < full ? "━" : "─") : (i < full ? "#" : "-");
  return bar;
}

std::string Seeds(uint32_t n) { return absl::StrCat(n, n == 1 ? " seed" : " seeds"); }

std::string MethodText(const v1::SweepSpecification& sweep) {
  switch (sweep.method()) {
    case v1::METHOD_GRID:
      return "grid";
    case v1::METHOD_RANDOM:
      return absl::StrCat("random, search_seed ", sweep.search_seed());
    case v1::METHOD_ASHA:
      return absl::StrCat("asha, search_seed ", sweep.search_seed(), ", 1/",
                          sweep.asha().reduction_factor(), " goes on at each rung");
    default:
      return "unknown";
  }
}

std::string CoreTime(double seconds) { return absl::StrFormat("%.1f core-seconds", seconds); }

std::string StateWithCause(const v1::SweepTrial& trial) {
  const std::string state = client::TrialStateText(trial);
  return trial.message().empty() || trial.state() == v1::QUEUED
             ? state
             : absl::StrCat(state, ": ", trial.message());
}

// Best first; what was not trained to the end follows in its order.
std::vector<const v1::SweepTrial*> Ranked(const v1::Sweep& sweep) {
  std::vector<const v1::SweepTrial*> trials;
  for (const v1::SweepTrial& trial : sweep.trials()) trials.push_back(&trial);
  const auto rank = [&](const v1::SweepTrial& trial) {
    return client::IsComplete(sweep, trial) ? 0 : trial.stopped_early() ? 1 : 2;
  };
  std::stable_sort(trials.begin(), trials.end(), [&](const auto* a, const auto* b) {
    if (rank(*a) != rank(*b)) return rank(*a) < rank(*b);
    if (rank(*a) == 2) return false;
    return client::IsBetter(sweep, a->objective().value(), b->objective().value());
  });
  return trials;
}

std::string TestText(const v1::Sweep& sweep) {
  const v1::SweepBest& best = sweep.best();
  if (!best.has_test()) return "";
  return absl::StrCat(best.test_series(), " ", client::EstimateText(best.test()), ", ",
                      Seeds(best.n()));
}

}  // namespace

absl::Status CheckSweepFigure(const v1::Sweep& sweep, const std::string& name) {
  if (client::SweepFigure(sweep, name).has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--figure: the sweep has no '", name, "'; it has ",
                   absl::StrJoin(client::SweepFigureNames(sweep), ", ")));
}

std::string SweepFigureText(const v1::Sweep& sweep, const std::string& name, int width, int rows,
                            const Console& console) {
  const std::optional<figures::Figure> figure = client::SweepFigure(sweep, name);
  if (!figure.has_value()) return "";
  figures::TerminalOptions options;
  options.width = width;
  options.unicode = console.unicode;
  options.color = console.color;
  options.height = kFigureRows;
  std::string text = figures::TerminalText(*figure, options);
  const auto lines = [&] { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); };
  if (rows == 0 || lines() <= rows) return text;
  options.height = std::max(kFewestRows, options.height - (lines() - rows));
  text = figures::TerminalText(*figure, options);
  if (lines() <= rows) return text;
  std::vector<std::string> kept = absl::StrSplit(text, '\n');
  kept.resize(static_cast<size_t>(std::max(0, rows)));
  return absl::StrJoin(kept, "\n") + "\n";
}

std::string SweepProgressLine(const v1::Sweep& sweep, double eta_seconds, int width, bool unicode) {
  const client::SweepProgress progress = client::ProgressOf(sweep);
  const double share =
      progress.trials == 0 ? 0 : static_cast<double>(progress.ended()) / progress.trials;
  std::string line = absl::StrCat(client::ShortSweepName(sweep.name()), "  ", Bar(share, unicode),
                                  "  ", progress.ended(), "/", progress.trials, " trials");
  const auto add = [&](int count, const char* what) {
    if (count > 0) absl::StrAppend(&line, "  ", count, " ", what);
  };
  add(progress.running, "running");
  add(progress.stopped_early, "stopped early");
  add(progress.failed, "failed");
  add(progress.cancelled, "cancelled");
  if (std::isfinite(eta_seconds) && progress.ended() < progress.trials)
    absl::StrAppend(&line, "  ETA ", ClockTime(eta_seconds));
  return Ellipsize(Printable(line), width, unicode);
}

std::string TrialLine(const v1::Sweep& sweep, const v1::SweepTrial& trial) {
  const std::string who =
      absl::StrCat("trial ", trial.trial(), ", ", client::ValuesText(sweep, trial), ": ");
  if (!client::IsComplete(sweep, trial)) return Printable(who + StateWithCause(trial));
  return Printable(absl::StrCat(who, sweep.specification().objective().series(), " ",
                                client::EstimateText(trial.objective()), ", ", Seeds(trial.n())));
}

std::string BestLine(const v1::Sweep& sweep) {
  const v1::SweepTrial* best = client::BestTrial(sweep);
  if (best == nullptr) return "";
  return Printable(absl::StrCat("best so far: ", client::EstimateText(best->objective()),
                                " of trial ", best->trial(), ", ",
                                client::ValuesText(sweep, *best)));
}

void PrintSweepHead(Console& console, const v1::Sweep& sweep) {
  const client::SweepProgress progress = client::ProgressOf(sweep);
  Line(console, "name", sweep.name());
  console.out << PadRight("state", kLabelWidth)
              << StateText(sweep.state(), console.color && console.out_is_terminal) << "\n";
  Line(console, "created", Date(sweep.create_time()));
  Line(console, "method", MethodText(sweep.specification()));
  const v1::SweepObjective& objective = sweep.specification().objective();
  Line(console, "objective",
       absl::StrCat(objective.series(), objective.goal() == v1::GOAL_MINIMISE
                                            ? ", lower is better"
                                            : ", higher is better"));
  std::vector<std::string> parts = {
      absl::StrCat(progress.ended(), " of ", progress.trials, " have ended")};
  const auto add = [&](int count, const char* what) {
    if (count > 0) parts.push_back(absl::StrCat(count, " ", what));
  };
  add(progress.stopped_early, "stopped early");
  add(progress.failed, "failed");
  add(progress.cancelled, "cancelled");
  Line(console, "trials", absl::StrJoin(parts, ", "));
  Line(console, "seeds", absl::StrCat(std::max(1u, sweep.specification().seeds())));
  double flops = 0;
  for (const v1::SweepTrial& trial : sweep.trials()) flops += trial.flops();
  std::string spent = CoreTime(client::CoreSecondsOf(sweep));
  if (sweep.total_flops() > 0) {
    absl::StrAppendFormat(&spent, ", %.0f %% of the FLOPs of all trials in full",
                          100 * flops / sweep.total_flops());
  }
  Line(console, "spent", spent);
}

void PrintTrials(Console& console, const v1::Sweep& sweep, int limit) {
  std::vector<Column> columns = {{"TRIAL", Align::kRight}};
  for (const v1::SweepParameter& parameter : sweep.specification().parameters()) {
    columns.push_back({absl::AsciiStrToUpper(Printable(client::ShortPath(sweep, parameter.path()))),
                       Align::kRight});
  }
  const std::string& series = sweep.specification().objective().series();
  columns.push_back(
      {absl::AsciiStrToUpper(Printable(series.substr(series.find('/') + 1))), Align::kRight});
  columns.push_back({"N", Align::kRight});
  columns.push_back({"EPOCHS", Align::kRight});
  columns.push_back({"STATE", Align::kLeft, true});
  Table table(columns);
  int left = limit > 0 ? limit : sweep.trials_size();
  for (const v1::SweepTrial* trial : Ranked(sweep)) {
    if (left-- == 0) break;
    std::vector<std::string> cells = {absl::StrCat(trial->trial())};
    for (const v1::SweepParameter& parameter : sweep.specification().parameters())
      cells.push_back(Printable(client::ValueText(*trial, parameter.path())));
    const bool known = trial->has_objective();
    cells.push_back(known ? client::EstimateText(trial->objective()) : "");
    cells.push_back(known ? absl::StrCat(trial->n()) : "");
    cells.push_back(trial->epochs() > 0 ? absl::StrFormat("%.3g", trial->epochs()) : "");
    cells.push_back(Printable(trial->state() == v1::FAILED ? StateWithCause(*trial)
                                                           : client::TrialStateText(*trial)));
    table.Add(cells);
  }
  table.Print(console);
}

void PrintRungs(Console& console, const v1::Sweep& sweep) {
  if (sweep.rungs().empty()) return;
  const bool by_steps = sweep.specification().asha().least_steps() != 0;
  Table table({{by_steps ? "STEPS" : "EPOCHS", Align::kRight},
               {"CAME", Align::kRight},
               {"WENT ON", Align::kRight},
               {"BEST THERE", Align::kRight}});
  for (int rung = 0; rung < sweep.rungs_size(); ++rung) {
    int came = 0;
    int went_on = 0;
    std::string best;
    for (const v1::SweepDecision& decision : sweep.decisions()) {
      if (static_cast<int>(decision.rung()) != rung) continue;
      ++came;
      if (decision.goes_on()) ++went_on;
      best = absl::StrFormat("%.4g", decision.best());
    }
    table.Add({Count(sweep.rungs(rung)), absl::StrCat(came), absl::StrCat(went_on), best});
  }
  table.Print(console);
}

void PrintImportance(Console& console, const v1::Sweep& sweep) {
  if (sweep.importance().empty()) return;
  Table table({{"PARAMETER", Align::kLeft, true},
               {"EFFECT", Align::kRight},
               {"N", Align::kRight},
               {"P", Align::kRight},
               {"MEANS", Align::kLeft}});
  std::vector<const v1::SweepImportance*> sorted;
  for (const v1::SweepImportance& entry : sweep.importance()) sorted.push_back(&entry);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return std::abs(a->effect()) > std::abs(b->effect());
  });
  for (const v1::SweepImportance* entry : sorted) {
    std::string means = "may be chance";
    if (entry->p_value() < kSurely) {
      means = !entry->is_correlation() ? "the choice matters"
              : entry->effect() > 0    ? "larger is better"
                                       : "smaller is better";
    }
    table.Add({Printable(entry->path()), absl::StrFormat("%.2f", entry->effect()),
               absl::StrCat(entry->n()), absl::StrFormat("%.2g", entry->p_value()), means});
  }
  table.Print(console);
}

void PrintBest(Console& console, const v1::Sweep& sweep) {
  const v1::SweepTrial* best = client::BestTrial(sweep);
  if (best == nullptr) {
    console.out << "no trial has been trained to the end\n";
    return;
  }
  Line(console, "best", absl::StrCat("trial ", best->trial(), " of ", sweep.trials_size()));
  for (const v1::SweepParameter& parameter : sweep.specification().parameters())
    Line(console, "",
         absl::StrCat(parameter.path(), "=", client::ValueText(*best, parameter.path())));
  Line(console, "objective",
       absl::StrCat(sweep.specification().objective().series(), " ",
                    client::EstimateText(best->objective()), ", ", Seeds(best->n())));
  Line(console, "test part", TestText(sweep));
  Line(console, "job", client::ShortJobName(best->job()));
}

}  // namespace trainyard::cli
