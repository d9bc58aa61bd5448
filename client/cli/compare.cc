// trainyard compare JOB JOB...: jobs side by side, and whether a difference is more than luck.
#include "absl/strings/str_cat.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/comparison_view.h"
#include "client/cli/exit_codes.h"
#include "client/cli/figure_file.h"
#include "client/cli/output.h"
#include "client/cli/plots.h"
#include "client/lib/job_names.h"
#include "trainyard/v1/compare_service.pb.h"

namespace trainyard::cli {
namespace {

class Compare final : public Command {
 public:
  std::string name() const override { return "compare"; }
  std::string summary() const override { return "Set jobs side by side: is a difference luck?"; }
  std::string details() const override {
    return "Every job is compared with the first: mean over seeds with its 95 % interval, paired "
           "by\n"
           "seed where both have it. One run says nothing of other seeds: train with --seeds 5.\n"
           "  trainyard compare narrow wide\n"
           "  trainyard compare narrow wide --series validation/accuracy --out curves.svg";
  }
  void Declare(Options& options) override {
    options.Positional("JOB", &jobs_, "Names, unique prefixes, or @last; two or more.")
        .Required()
        .Completes(Completion::kJob);
    options.Value("--metric", "METRIC", &metric_,
                  "What is compared (default: test/accuracy, else test/mse, else test/loss).");
    options.Value("--series", "SERIES", &series_,
                  "Also plot it over the steps, for example validation/accuracy.");
    options.Value("--out", "FILE", &out_, "The plot as .svg, .png, .html, .csv, .json or .txt.")
        .Completes(Completion::kFile);
    options.Value("--theme", "THEME", &theme_, "Of a picture: auto, light or dark.")
        .OneOf({"auto", "light", "dark"});
    output_.Declare(options);
  }
  int Run(Session& session) override {
    if (!out_.empty()) {
      const absl::Status writable = CheckFigureFile(out_, 1);
      if (!writable.ok()) return session.Fail(writable);
    }
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    v1::CompareJobsRequest request;
    request.set_metric(metric_);
    for (const std::string& text : jobs_) {
      const absl::StatusOr<std::string> job = client::ResolveJob(**client, text);
      if (!job.ok()) return session.Fail(job.status());
      request.add_jobs(*job);
    }
    const absl::StatusOr<v1::Comparison> comparison = (*client)->CompareJobs(request);
    if (!comparison.ok()) return session.Fail(comparison.status());
    Print(session.console(), *comparison);
    return series_.empty() && out_.empty() ? kExitOk : Plot(session, **client, *comparison);
  }

 private:
  void Print(Console& console, const v1::Comparison& comparison) const {
    if (output_.json()) console.out << PrettyJson(comparison);
    if (output_.jsonl()) console.out << JsonLine(comparison);
    if (output_.name()) {
      for (const v1::ComparedJob& job : comparison.jobs()) console.out << job.job() << "\n";
    }
    if (output_.table()) PrintComparison(console, comparison);
  }

  int Plot(Session& session, client::Client& client, const v1::Comparison& comparison) const {
    const absl::StatusOr<figures::Plot> plot = ComparisonPlot(client, comparison, series_);
    if (!plot.ok()) return session.Fail(plot.status());
    if (!out_.empty()) {
      std::string title;
      for (const v1::ComparedJob& job : comparison.jobs())
        absl::StrAppend(&title, title.empty() ? "" : ", ", client::ShortJobName(job.job()));
      return WritePlots(session, client, title, {*plot}, out_, theme_);
    }
    if (!output_.table()) return kExitOk;
    session.console().out << "\n";
    PrintPlots(session.console(), {*plot});
    return kExitOk;
  }

  std::vector<std::string> jobs_;
  std::string metric_;
  std::string series_;
  std::string out_;
  std::string theme_ = "auto";
  Output output_;
};

}  // namespace

std::unique_ptr<Command> MakeCompare() { return std::make_unique<Compare>(); }

}  // namespace trainyard::cli
