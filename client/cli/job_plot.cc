// trainyard job plot JOB...: metrics of jobs over their steps, a line a job.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/command.h"
#include "client/cli/commands.h"
#include "client/cli/exit_codes.h"
#include "client/cli/figure_file.h"
#include "client/cli/metric_figures.h"
#include "client/cli/plots.h"
#include "client/lib/job_names.h"
#include "client/text/text.h"
#include "engine/base/status.h"
#include "trainyard/v1/metric_service.pb.h"

namespace trainyard::cli {
namespace {

struct PlottedJob {
  std::string name;
  std::vector<std::string> series;
};

class JobPlot final : public Command {
 public:
  std::string name() const override { return "job plot"; }
  std::string summary() const override { return "Plot metrics of jobs, a line a job"; }
  std::string details() const override {
    return "On the terminal, or into a file: a picture (.svg, .png), a page with the numbers "
           "(.html), "
           "the\n"
           "numbers alone (.csv, .json), or text (.txt).\n"
           "  trainyard job plot @last\n"
           "  trainyard job plot narrow wide --metric train/loss --log-y --out loss.svg\n"
           "  trainyard job plot narrow wide --metric train/loss --metric test/accuracy --out "
           "runs.html";
  }
  void Declare(Options& options) override {
    options.Positional("JOB", &jobs_, "Names, unique prefixes, or @last.")
        .Required()
        .Completes(Completion::kJob);
    options.Value("--metric", "SERIES", &metrics_,
                  "For example test/accuracy; may be repeated (default: the usual one).");
    options.Flag("--log-x", &log_x_, "Logarithmic steps.");
    options.Flag("--log-y", &log_y_, "Logarithmic values.");
    options.Value("--out", "FILE", &out_, "Write .svg, .png, .html, .csv, .json or .txt.")
        .Completes(Completion::kFile);
    options.Value("--theme", "THEME", &theme_, "Of a picture: auto, light or dark.")
        .OneOf({"auto", "light", "dark"});
  }

  int Run(Session& session) override {
    if (!out_.empty()) {
      const absl::Status writable = CheckFigureFile(out_, metrics_.size());
      if (!writable.ok()) return session.Fail(writable);
    }
    const absl::StatusOr<client::Client*> client = session.Connect();
    if (!client.ok()) return session.Fail(client.status());
    std::vector<PlottedJob> jobs;
    for (const std::string& text : jobs_) {
      absl::StatusOr<PlottedJob> job = Find(**client, text);
      if (!job.ok()) return session.Fail(job.status());
      const bool twice = std::any_of(jobs.begin(), jobs.end(), [&](const PlottedJob& other) {
        return other.name == job->name;
      });
      if (!twice) jobs.push_back(*std::move(job));
    }
    if (metrics_.empty()) metrics_ = {UsualMetric(Known(jobs))};
    if (metrics_[0].empty()) {
      return session.Fail(absl::FailedPreconditionError(
          absl::StrCat(jobs.size() == 1 ? jobs[0].name : "the jobs",
                       " measured nothing so far; metrics come with evaluations and epochs")));
    }
    std::vector<figures::Plot> plots;
    for (const std::string& metric : metrics_) {
      absl::StatusOr<figures::Plot> plot = Draw(session.console(), **client, jobs, metric);
      if (!plot.ok()) return session.Fail(plot.status());
      plots.push_back(*std::move(plot));
    }
    if (out_.empty()) {
      PrintPlots(session.console(), plots);
      return kExitOk;
    }
    std::vector<std::string> names;
    for (const PlottedJob& job : jobs) names.push_back(client::ShortJobName(job.name));
    return WritePlots(session, **client, absl::StrJoin(names, ", "), plots, out_, theme_);
  }

 private:
  static absl::StatusOr<PlottedJob> Find(client::Client& client, const std::string& text) {
    PlottedJob job;
    ASSIGN_OR_RETURN(job.name, client::ResolveJob(client, text));
    ASSIGN_OR_RETURN(job.series, SeriesNames(client, job.name));
    return job;
  }

  // The names of each job's series.
  static std::vector<std::vector<std::string>> Known(const std::vector<PlottedJob>& jobs) {
    std::vector<std::vector<std::string>> known;
    for (const PlottedJob& job : jobs) known.push_back(job.series);
    return known;
  }

  static bool Has(const PlottedJob& job, const std::string& metric) {
    return std::find(job.series.begin(), job.series.end(), metric) != job.series.end();
  }

  absl::StatusOr<figures::Plot> Draw(Console& console, client::Client& client,
                                     const std::vector<PlottedJob>& jobs,
                                     const std::string& metric) const {
    figures::Plot plot = MetricPlot(metric, log_x_, log_y_);
    for (const PlottedJob& job : jobs) {
      if (!Has(job, metric)) continue;
      v1::ReadSeriesRequest request;
      request.set_job(job.name);
      request.add_series(metric);
      request.set_buckets(kPlotBuckets);
      ASSIGN_OR_RETURN(const v1::ReadSeriesResponse read, client.ReadSeries(request));
      if (read.series_size() == 0) continue;
      plot.series.push_back(CurveOf(client::ShortJobName(job.name), read.series(0)));
    }
    if (plot.series.empty()) return NoSuchMetric(metric, Known(jobs));
    for (const PlottedJob& job : jobs) {
      if (Has(job, metric)) continue;
      console.err << "trainyard: " << job.name << " has no series '" << Printable(metric) << "'\n";
    }
    return plot;
  }

  std::vector<std::string> jobs_;
  std::vector<std::string> metrics_;
  bool log_x_ = false;
  bool log_y_ = false;
  std::string out_;
  std::string theme_ = "auto";
};

}  // namespace

std::unique_ptr<Command> MakeJobPlot() { return std::make_unique<JobPlot>(); }

}  // namespace trainyard::cli
