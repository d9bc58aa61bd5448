#include "client/cli/sweep_submission.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/table.h"
#include "client/lib/specification_file.h"
#include "client/sweeps/sweep_numbers.h"
#include "client/text/text.h"
#include "trainyard/v1/sweep_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr int kShownTrials = 10;

}  // namespace

void SweepSubmission::Declare(Options& options) {
  options
      .Positional("FILE", &options_.path, "Sweep: YAML, JSON or text proto; - for standard input.")
      .Required()
      .Completes(Completion::kFile);
  options.Positional("CHANGE", &options_.overrides,
                     "PATH=VALUE, e.g. trials=9 or 'parameters[0].values=[0.1, 0.01]'.");
  options.Value("--name", "NAME", &options_.name, "Name of the sweep; the server makes it unique.");
  options.Value("--priority", "N", &options_.priority,
                "Of its jobs: -100 to 100, higher first (default 0).");
  options.Value("--request-id", "ID", &options_.request_id,
                "Repeats with the same id make one sweep (default: a random id).");
  options.Flag("--dry-run", &options_.dry_run,
               "Check only: print trials, trainings and what they would take.");
}

v1::Sweep SweepSubmission::Send(Session& session, int& exit_code) const {
  return SendSubmission<v1::CreateSweepRequest>(
      options_, session, exit_code, client::ReadSweep,
      [](v1::CreateSweepRequest&) { return absl::OkStatus(); },
      [](client::Client& client, const v1::CreateSweepRequest& request) {
        return client.CreateSweep(request);
      });
}

int PrintSweepDryRun(Session& session, const v1::Sweep& sweep, const Output& output) {
  Console& console = session.console();
  PrintFormatted(console, sweep, sweep.specification().name(), output);
  if (!output.table()) return kExitOk;
  std::vector<Column> columns = {{"TRIAL", Align::kRight}};
  for (const v1::SweepParameter& parameter : sweep.specification().parameters()) {
    columns.push_back({absl::AsciiStrToUpper(Printable(client::ShortPath(sweep, parameter.path()))),
                       Align::kRight});
  }
  columns.push_back({"PARAMETERS", Align::kRight});
  columns.push_back({"FLOPS", Align::kRight});
  Table table(columns);
  for (int i = 0; i < std::min(sweep.trials_size(), kShownTrials); ++i) {
    const v1::SweepTrial& trial = sweep.trials(i);
    std::vector<std::string> cells = {absl::StrCat(trial.trial())};
    for (const v1::SweepParameter& parameter : sweep.specification().parameters())
      cells.push_back(Printable(client::ValueText(trial, parameter.path())));
    cells.push_back(trial.parameters() == 0 ? "-" : Count(trial.parameters()));
    cells.push_back(FlopsText(trial.flops()));
    table.Add(cells);
  }
  table.Print(console);
  if (sweep.trials_size() > kShownTrials)
    console.out << "and " << sweep.trials_size() - kShownTrials << " more\n";
  console.out << "\ntrials          " << sweep.trials_size() << "\ntrainings       "
              << Count(sweep.total_runs()) << ", " << sweep.specification().seeds()
              << (sweep.specification().seeds() == 1 ? " seed" : " seeds")
              << " each\nobjective       " << Printable(sweep.specification().objective().series())
              << "\nFLOPs in full   " << FlopsText(sweep.total_flops()) << "\n";
  if (!sweep.rungs().empty()) {
    const bool by_steps = sweep.specification().asha().least_steps() != 0;
    console.out << "judged after    " << absl::StrJoin(sweep.rungs(), ", ")
                << (by_steps ? " steps" : " epochs") << "\nexpected FLOPs  "
                << FlopsText(sweep.expected_flops())
                << absl::StrFormat(" (%.0f %%), where 1 of %d goes on each time",
                                   100 * sweep.expected_flops() / std::fmax(1, sweep.total_flops()),
                                   sweep.specification().asha().reduction_factor())
                << "\n";
  }
  console.out << "core-seconds    "
              << (sweep.expected_core_seconds() > 0
                      ? absl::StrFormat("about %.0f, at the rate of the newest jobs",
                                        sweep.expected_core_seconds())
                      : std::string("not known: no job of a network has ended here yet"))
              << "\n";
  return kExitOk;
}

}  // namespace trainyard::cli
