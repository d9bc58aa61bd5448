#include "client/sweeps/sweep_report.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/lib/job_names.h"
#include "client/lib/spec_to_tree.h"
#include "client/lib/sweep_names.h"
#include "client/sweeps/sweep_figures.h"
#include "client/sweeps/sweep_numbers.h"

namespace trainyard::client {
namespace {

std::string Abstract(const v1::Sweep& sweep) {
  const SweepProgress progress = ProgressOf(sweep);
  std::string text =
      absl::StrCat(progress.complete, " of ", progress.trials, " trials were trained to the end, ",
                   progress.stopped_early, " were stopped early. ");
  const v1::SweepTrial* best = BestTrial(sweep);
  if (best == nullptr) return text + "There is no best one yet.";
  absl::StrAppend(&text, "The best is trial ", best->trial(), " (", ValuesText(sweep, *best),
                  ") with ", sweep.specification().objective().series(), " ",
                  EstimateText(best->objective()), ", n ", best->n(), ".");
  if (sweep.best().has_test()) {
    absl::StrAppend(&text, " On the test part, which was looked at of this trial alone: ",
                    sweep.best().test_series(), " ", EstimateText(sweep.best().test()), ", n ",
                    sweep.best().n(), ".");
  }
  return text;
}

figures::DataTable TrialTable(const v1::Sweep& sweep) {
  figures::DataTable table;
  table.caption = "Trials in their order, with the 95 % interval over seeds.";
  table.columns = {{"trial", true}};
  for (const v1::SweepParameter& parameter : sweep.specification().parameters())
    table.columns.push_back({ShortPath(sweep, parameter.path()), true});
  table.columns.push_back({sweep.specification().objective().series(), true});
  for (const char* title : {"n", "epochs", "core-seconds"}) table.columns.push_back({title, true});
  table.columns.push_back({"state"});
  table.columns.push_back({"job"});
  for (const v1::SweepTrial& trial : sweep.trials()) {
    std::vector<std::string> row = {absl::StrCat(trial.trial())};
    for (const v1::SweepParameter& parameter : sweep.specification().parameters())
      row.push_back(ValueText(trial, parameter.path()));
    row.push_back(trial.has_objective() ? EstimateText(trial.objective()) : "");
    row.push_back(trial.has_objective() ? absl::StrCat(trial.n()) : "");
    row.push_back(absl::StrFormat("%.3g", trial.epochs()));
    row.push_back(absl::StrFormat("%.1f", trial.core_seconds()));
    row.push_back(TrialStateText(trial));
    row.push_back(ShortJobName(trial.job()));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

figures::Report SweepReport(const v1::Sweep& sweep) {
  figures::Report report;
  report.title = absl::StrCat("Sweep ", ShortSweepName(sweep.name()));
  report.abstract = Abstract(sweep);
  figures::Section results{"Results"};
  for (const std::string& name : SweepFigureNames(sweep))
    results.blocks.push_back(figures::Exhibit{*SweepFigure(sweep, name)});
  results.blocks.push_back(TrialTable(sweep));
  report.sections.push_back(std::move(results));
  report.methods = {
      "Trials are compared by the last value of the objective on the validation part, with several "
      "seeds by their mean; intervals are 95 % by Student's t. The test part chooses nothing."};
  if (!sweep.rungs().empty()) {
    report.methods.push_back(absl::StrCat(
        "A trial that came to a rung went on where it was among the best 1/",
        sweep.specification().asha().reduction_factor(),
        " of those that had come there, by its first seed. The value of one that was stopped is "
        "that of its rung, and is not compared with those that were trained to the end; "
        "importance is that of the first rung, which all reach."));
  }
  report.provenance = {{"sweep", sweep.name()},
                       {"state", v1::JobState_Name(sweep.state())},
                       {"core-seconds", absl::StrFormat("%.1f", CoreSecondsOf(sweep))}};
  report.appendices.push_back(
      {"Specification", {figures::Listing{WriteYaml(TreeFromMessage(sweep.specification()))}}});
  return report;
}

}  // namespace trainyard::client
