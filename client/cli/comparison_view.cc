#include "client/cli/comparison_view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/difference_view.h"
#include "client/cli/format.h"
#include "client/cli/metric_figures.h"
#include "client/cli/plots.h"
#include "client/cli/table.h"
#include "client/figures/report.h"
#include "client/lib/job_names.h"
#include "client/studies/study_tables.h"
#include "client/studies/study_text.h"
#include "client/text/text.h"
#include "engine/base/status.h"
#include "trainyard/v1/metric_service.pb.h"

namespace trainyard::cli {
namespace {

constexpr size_t kMostRuns = 100;  // of a job in one plot, as many as one answer has
constexpr int kMargin = 2;

void PrintResults(Console& console, const v1::Comparison& comparison) {
  const figures::NumberFormat format =
      comparison.share() ? figures::NumberFormat::kPercent : figures::NumberFormat::kPlain;
  Table table({{"JOB", Align::kLeft, true},
               {absl::AsciiStrToUpper(comparison.label()), Align::kRight},
               {"RUNS", Align::kRight},
               {"PARAMETERS", Align::kRight},
               {"FLOP/RUN", Align::kRight},
               {"CORE TIME/RUN", Align::kRight}});
  for (const v1::ComparedJob& job : comparison.jobs()) {
    table.Add({Printable(client::ShortJobName(job.job())),
               job.count() == 0 ? "-" : client::EstimateText(job.mean(), format, console.unicode),
               job.failed() == 0 ? absl::StrCat(job.count())
                                 : absl::StrCat(job.count(), ", ", job.failed(), " failed"),
               job.parameters() == 0 ? "-" : Count(job.parameters()),
               client::FlopsText(job.flops()), client::DurationText(job.core_seconds())});
  }
  table.Print(console);
}

std::string TestsText(const v1::JobDifference& difference) {
  if (!difference.has_t_test()) return "";
  const v1::IntervalEstimate& size = difference.effect_size();
  std::string text =
      absl::StrFormat("effect size g = %.2f (%.2f to %.2f)", size.value(), size.low(), size.high());
  absl::StrAppendFormat(&text, "; t test p = %.2g", difference.t_test());
  if (difference.has_wilcoxon())
    absl::StrAppendFormat(&text, ", signed ranks p = %.2g", difference.wilcoxon());
  return text;
}

void PrintWrapped(Console& console, const std::string& text, int width) {
  for (const std::string& line : Wrap(Printable(text), width - kMargin))
    console.out << std::string(kMargin, ' ') << line << "\n";
}

// The series of a job's runs, or of the job itself where it has none.
std::vector<std::string> SeriesOf(const v1::ComparedJob& job, const std::string& series,
                                  const std::vector<std::string>& known) {
  const auto has = [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  std::vector<std::string> names;
  for (const v1::ComparedJob::Run& run : job.runs()) {
    const std::string name = absl::StrCat("runs/", run.run(), "/", series);
    if (names.size() < kMostRuns && has(name)) names.push_back(name);
  }
  if (names.empty() && has(series)) names.push_back(series);
  return names;
}

// At each step that most of them have.
figures::Series MeanOf(const std::string& name, const std::vector<figures::Series>& curves) {
  std::map<double, std::vector<double>> by_step;
  for (const figures::Series& curve : curves)
    for (const figures::Position& position : curve.line) by_step[position.x].push_back(position.y);
  figures::Series mean;
  mean.name = name;
  for (const auto& [step, values] : by_step) {
    if (2 * values.size() <= curves.size()) continue;
    double sum = 0;
    for (const double value : values) sum += value;
    mean.line.push_back({step, sum / static_cast<double>(values.size())});
    const auto [least, largest] = std::minmax_element(values.begin(), values.end());
    mean.band.push_back({step, *least, *largest});
  }
  return mean;
}

// Without "runs/3/", once each.
std::vector<std::string> WithoutRuns(const std::vector<std::string>& names) {
  std::vector<std::string> plain;
  for (const std::string& name : names) {
    const size_t slash = name.rfind("runs/", 0) == 0 ? name.find('/', sizeof("runs/") - 1) : 0;
    const std::string rest = slash == 0 ? name : name.substr(slash + 1);
    if (std::find(plain.begin(), plain.end(), rest) == plain.end()) plain.push_back(rest);
  }
  return plain;
}

}  // namespace

void PrintComparison(Console& console, const v1::Comparison& comparison) {
  const int width = console.out_is_terminal ? console.width() : 1 << 20;
  std::vector<std::string> names;
  for (const v1::ComparedJob& job : comparison.jobs())
    names.push_back(client::ShortJobName(job.job()));
  if (comparison.specification().empty()) {
    console.out << "all ask for the same\n";
  } else {
    PrintDifferences(console, names, comparison.specification());
  }
  console.out << "\n";
  PrintResults(console, comparison);
  for (const v1::JobDifference& difference : comparison.differences()) {
    const std::string verdict = figures::VerdictWords(client::VerdictOf(difference.verdict()));
    console.out << "\n"
                << Printable(absl::StrCat(verdict, ": ", client::ShortJobName(difference.job()),
                                          " is better than ", names[0]))
                << "\n";
    PrintWrapped(console, client::WithoutVerdict(difference.sentence(), difference.verdict()),
                 width);
    if (const std::string tests = TestsText(difference); !tests.empty())
      PrintWrapped(console, tests, width);
  }
  if (!comparison.notes().empty()) console.out << "\n";
  for (const std::string& note : comparison.notes())
    PrintWrapped(console, absl::StrCat("note: ", note), width);
}

absl::StatusOr<figures::Plot> ComparisonPlot(client::Client& client,
                                             const v1::Comparison& comparison, std::string series) {
  std::vector<std::vector<std::string>> known;
  std::vector<std::vector<std::string>> plain;
  for (const v1::ComparedJob& job : comparison.jobs()) {
    ASSIGN_OR_RETURN(known.emplace_back(), SeriesNames(client, job.job()));
    plain.push_back(WithoutRuns(known.back()));
  }
  if (series.empty()) series = UsualMetric(plain);
  figures::Plot plot = MetricPlot(series, /*log_x=*/false, /*log_y=*/false);
  for (int i = 0; i < comparison.jobs_size(); ++i) {
    const v1::ComparedJob& job = comparison.jobs(i);
    v1::ReadSeriesRequest request;
    request.set_job(job.job());
    request.set_buckets(kPlotBuckets);
    for (const std::string& name : SeriesOf(job, series, known[static_cast<size_t>(i)]))
      request.add_series(name);
    if (request.series().empty()) continue;
    ASSIGN_OR_RETURN(const v1::ReadSeriesResponse read, client.ReadSeries(request));
    const std::string name = client::ShortJobName(job.job());
    std::vector<figures::Series> curves;
    for (const auto& one : read.series()) curves.push_back(CurveOf(name, one));
    plot.series.push_back(curves.size() == 1 ? curves[0] : MeanOf(name, curves));
    if (curves.size() > 1) {
      plot.meanings.line = "mean of the runs";
      plot.meanings.band = "least to largest";
    }
  }
  if (plot.series.empty()) return NoSuchMetric(series, plain);
  return plot;
}

}  // namespace trainyard::cli
