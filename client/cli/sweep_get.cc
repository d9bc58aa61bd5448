// trainyard sweep get SWEEP: what is known of a sweep so far, on the screen or in a file.
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/figure_file.h"
#include "client/cli/out_file.h"
#include "client/cli/output.h"
#include "client/cli/sweep_argument.h"
#include "client/cli/sweep_view.h"
#include "client/lib/spec_to_tree.h"
#include "client/sweeps/sweep_figures.h"
#include "client/sweeps/sweep_numbers.h"
#include "client/sweeps/sweep_report.h"

namespace trainyard::cli {
namespace {

class SweepGet final : public Command {
 public:
  std::string name() const override { return "sweep get"; }
  std::string summary() const override { return "Show a sweep: trials, rungs, what mattered"; }
  std::string details() const override {
    return "  trainyard sweep get @last --figure learning_rate\n"
           "  trainyard sweep get @last --out trials.csv          a line a trial and seed, "
           "exactly\n"
           "  trainyard sweep get @last --out sweep.html          all of it as a page\n"
           "  trainyard sweep get @last --out rate.png --figure learning_rate\n"
           "  trainyard sweep get @last --spec > again.yaml";
  }
  void Declare(Options& options) override {
    sweep_.Declare(options);
    options.Flag("--spec", &specification_, "Print its specification as YAML, with all defaults.");
    options.Value("--figure", "FIGURE", &figure_,
                  "Also a figure: trials, importance, or a parameter.");
    out_.Declare(options, {"csv", "html", "json", "svg", "png"},
                 "Write a file instead: .csv, .html, .json, or the figure as .svg or .png.");
    output_.Declare(options);
  }
  int Run(Session& session) override {
    if (out_.given()) {
      if (const absl::Status writable = out_.Check(session.console(), "html"); !writable.ok())
        return session.Fail(writable);
    }
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Sweep> sweep = sweep_.Find(session, client);
    if (!sweep.ok()) return session.Fail(sweep.status());
    if (!figure_.empty()) {
      if (const absl::Status found = CheckSweepFigure(*sweep, figure_); !found.ok())
        return session.Fail(found);
    }
    Console& console = session.console();
    if (out_.given()) return Write(session, *sweep);
    if (specification_) {
      console.out << client::WriteYaml(client::TreeFromMessage(sweep->specification()));
      return kExitOk;
    }
    PrintFormatted(console, *sweep, sweep->name(), output_);
    if (output_.table()) Print(console, *sweep);
    return kExitOk;
  }

 private:
  void Print(Console& console, const v1::Sweep& sweep) const {
    PrintSweepHead(console, sweep);
    console.out << "\n";
    PrintTrials(console, sweep, /*limit=*/0);
    for (const auto print : {PrintRungs, PrintImportance}) {
      if (print == PrintRungs ? sweep.rungs().empty() : sweep.importance().empty()) continue;
      console.out << "\n";
      print(console, sweep);
    }
    if (!figure_.empty())
      console.out << "\n" << SweepFigureText(sweep, figure_, console.width(), 0, console);
    console.out << "\n";
    PrintBest(console, sweep);
  }

  int Write(Session& session, const v1::Sweep& sweep) const {
    const absl::StatusOr<std::string> bytes = Bytes(sweep);
    if (!bytes.ok()) return session.Fail(bytes.status());
    return out_.Write(session, *bytes, client::ShortSweepName(sweep.name()), "sweep");
  }

  absl::StatusOr<std::string> Bytes(const v1::Sweep& sweep) const {
    const std::string& kind = out_.kind();
    if (kind == "html") return figures::Html(client::SweepReport(sweep));
    // Without a figure's name numbers are those of the whole sweep.
    if (kind == "csv" && figure_.empty()) return client::TrialsCsv(sweep);
    if (kind == "json" && figure_.empty()) return PrettyJson(sweep);
    const std::string name = figure_.empty() ? "trials" : figure_;
    return FigureBytes(*client::SweepFigure(sweep, name), kind, out_.theme());
  }

  SweepArgument sweep_;
  std::string figure_;
  OutFile out_;
  Output output_;
  bool specification_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSweepGet() { return std::make_unique<SweepGet>(); }

}  // namespace trainyard::cli
