// trainyard sweep get SWEEP: what is known of a sweep so far, on the screen or in a file.
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/output.h"
#include "client/cli/sweep_argument.h"
#include "client/cli/sweep_view.h"
#include "client/figures/svg.h"
#include "client/lib/files.h"
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
           "  trainyard sweep get @last --spec > again.yaml";
  }
  void Declare(Options& options) override {
    sweep_.Declare(options);
    options.Flag("--spec", &specification_, "Print its specification as YAML, with all defaults.");
    options.Value("--figure", "FIGURE", &figure_,
                  "Also a figure: trials, importance, or a parameter.");
    options
        .Value("--out", "FILE", &out_,
               "Write a file instead: .csv, .html, .json, or .svg (the figure).")
        .Completes(Completion::kFile);
    output_.Declare(options);
  }
  int Run(Session& session) override {
    const bool known = absl::EndsWith(out_, ".csv") || absl::EndsWith(out_, ".html") ||
                       absl::EndsWith(out_, ".json") || absl::EndsWith(out_, ".svg");
    if (!out_.empty() && !known) {
      return session.Fail(absl::InvalidArgumentError(
          absl::StrCat("--out: '", out_, "' must end in .csv, .html, .json or .svg")));
    }
    client::Client* client = nullptr;
    const absl::StatusOr<v1::Sweep> sweep = sweep_.Find(session, client);
    if (!sweep.ok()) return session.Fail(sweep.status());
    if (!figure_.empty()) {
      if (const absl::Status found = CheckSweepFigure(*sweep, figure_); !found.ok())
        return session.Fail(found);
    }
    Console& console = session.console();
    if (!out_.empty()) return Write(session, *sweep);
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
    std::string text;
    if (absl::EndsWith(out_, ".csv")) text = client::TrialsCsv(sweep);
    if (absl::EndsWith(out_, ".json")) text = PrettyJson(sweep);
    if (absl::EndsWith(out_, ".html")) text = figures::Html(client::SweepReport(sweep));
    if (absl::EndsWith(out_, ".svg")) {
      const std::string name = figure_.empty() ? "trials" : figure_;
      text = figures::Svg(*client::SweepFigure(sweep, name), figures::SvgOptions());
    }
    if (const absl::Status replaceable = client::CheckReplaceable(out_); !replaceable.ok())
      return session.Fail(replaceable);
    if (const absl::Status written = client::WriteFile(out_, text); !written.ok())
      return session.Fail(written);
    session.console().out << out_ << "\n";
    return kExitOk;
  }

  SweepArgument sweep_;
  std::string figure_;
  std::string out_;
  Output output_;
  bool specification_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeSweepGet() { return std::make_unique<SweepGet>(); }

}  // namespace trainyard::cli
