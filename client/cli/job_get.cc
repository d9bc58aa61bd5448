// trainyard job get JOB: everything that is known of one job.
#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/job_argument.h"
#include "client/cli/output.h"
#include "client/cli/table.h"
#include "client/lib/spec_to_tree.h"
#include "client/studies/study_text.h"
#include "client/text/text.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard::cli {
namespace {

constexpr int kLabelWidth = 12;

void Line(Console& console, const std::string& label, const std::string& value) {
  if (!value.empty()) console.out << PadRight(label, kLabelWidth) << Printable(value) << "\n";
}

void PrintTable(Console& console, const v1::Job& job) {
  const v1::ModelSummary& model = job.model();
  const v1::Progress& progress = job.progress();
  Line(console, "name", job.name());
  console.out << PadRight("state", kLabelWidth)
              << StateText(job.state(), console.color && console.out_is_terminal) << "\n";
  Line(console, "reason", job.reason());
  Line(console, "message", job.message());
  Line(console, "parent", job.parent());
  Line(console, "forked from", job.forked_from());
  Line(console, "priority", absl::StrCat(job.priority()));
  Line(console, "attempts", absl::StrCat(job.attempts()));
  Line(console, "created", Date(job.create_time()));
  Line(console, "started", Date(job.start_time()));
  Line(console, "ended", Date(job.end_time()));
  if (model.parameters() > 0) {
    Line(console, "model",
         absl::StrCat(model.layers_size(), " layers, ", Count(model.parameters()), " parameters, ",
                      Flops(model.flops_per_step()), " a step"));
  }
  if (progress.total_steps() > 0) {
    Line(console, "progress",
         absl::StrCat("step ", Count(progress.step()), " of ", Count(progress.total_steps()),
                      ", loss ", Metric(progress.loss())));
  }
  for (const v1::MetricValue& value : job.results()) {
    console.out << PadRight(&value == &job.results(0) ? "results" : "", kLabelWidth)
                << Printable(value.series()) << " " << Metric(value.value()) << "\n";
  }
  for (const v1::Artifact& artifact : job.artifacts()) {
    console.out << PadRight(&artifact == &job.artifacts(0) ? "artifacts" : "", kLabelWidth)
                << Printable(artifact.name()) << "  " << Bytes(artifact.size_bytes()) << "  sha256 "
                << Printable(artifact.sha256()) << "\n";
  }
}

// Those that have ended.
void PrintRuns(Console& console, const v1::Job& job) {
  if (job.runs().empty()) return;
  std::set<std::string> series;
  for (const v1::RunResult& run : job.runs()) {
    for (const v1::MetricValue& value : run.results()) {
      if (std::count(value.series().begin(), value.series().end(), '/') == 1)
        series.insert(value.series());
    }
  }
  std::vector<Column> columns = {
      {"RUN", Align::kRight}, {"OF ITS OWN"}, {"STATE"}, {"STEPS", Align::kRight}};
  for (const std::string& name : series) columns.push_back({Printable(name), Align::kRight});
  Table table(columns);
  for (const v1::RunResult& run : job.runs()) {
    std::map<std::string, double> values;
    for (const v1::MetricValue& value : run.results()) values[value.series()] = value.value();
    const int index = static_cast<int>(run.run());
    const bool known = index < job.specification().runs_size();
    std::vector<std::string> cells = {
        absl::StrCat(index), known ? client::OwnValues(job.specification().runs(index)) : "",
        run.reason().empty() ? StateText(run.state(), /*color=*/false) : Printable(run.reason()),
        Count(run.steps())};
    for (const std::string& name : series)
      cells.push_back(values.count(name) > 0 ? Metric(values[name]) : "");
    table.Add(cells);
  }
  console.out << "\n";
  table.Print(console);
}

class JobGet final : public Command {
 public:
  std::string name() const override { return "job get"; }
  std::string summary() const override { return "Show one job: state, results, artifacts"; }
  void Declare(Options& options) override {
    job_.Declare(options);
    options.Flag("--spec", &specification_, "Print its specification as YAML, with all defaults.");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    client::Client* client = nullptr;
    const absl::StatusOr<std::string> name = job_.Find(session, client);
    if (!name.ok()) return session.Fail(name.status());
    const absl::StatusOr<v1::Job> job = client->GetJob(*name);
    if (!job.ok()) return session.Fail(job.status());
    Console& console = session.console();
    if (specification_) {
      console.out << client::WriteYaml(client::TreeFromMessage(job->specification()));
      return kExitOk;
    }
    PrintFormatted(console, *job, job->name(), output_);
    if (output_.table()) {
      PrintTable(console, *job);
      PrintRuns(console, *job);
    }
    return kExitOk;
  }

 private:
  JobArgument job_;
  Output output_;
  bool specification_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeJobGet() { return std::make_unique<JobGet>(); }

}  // namespace trainyard::cli
