#include "client/cli/metric_figures.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/format.h"
#include "engine/base/violations.h"

namespace trainyard::cli {
namespace {

constexpr int kMostMarkers = 60;
constexpr size_t kMostListed = 24;  // series in an error

using Point = v1::ReadSeriesResponse::Point;

// In order of steps. A later attempt begins where a checkpoint was: what lies behind that is its
// own.
std::vector<const Point*> Latest(const v1::ReadSeriesResponse::Series& series) {
  std::vector<const Point*> points;
  for (const Point& point : series.points()) {
    while (!points.empty() && points.back()->attempt() < point.attempt() &&
           points.back()->step() >= point.step()) {
      points.pop_back();
    }
    points.push_back(&point);
  }
  return points;
}

bool IsShare(const std::string& metric) {
  for (const char* name : {"accuracy", "precision", "recall", "f1"}) {
    if (absl::StrContains(metric, name)) return true;
  }
  return false;
}

}  // namespace

figures::Series CurveOf(const std::string& name, const v1::ReadSeriesResponse::Series& series) {
  figures::Series curve;
  curve.name = name;
  const std::vector<const Point*> points = Latest(series);
  const bool buckets = std::any_of(points.begin(), points.end(),
                                   [](const Point* point) { return point->count() > 1; });
  for (const Point* point : points) {
    const double step = static_cast<double>(point->step());
    const double value = buckets ? point->mean() : point->last();
    curve.line.push_back({step, value});
    if (buckets) curve.band.push_back({step, point->min(), point->max()});
    if (points.size() <= kMostMarkers) curve.points.push_back({step, value});
  }
  return curve;
}

figures::Plot MetricPlot(const std::string& metric, bool log_x, bool log_y) {
  figures::Plot plot;
  plot.heading.title = metric;
  plot.x.label = "step";
  if (log_x) plot.x.scale = figures::Scale::kLog10;
  if (log_y) plot.y.scale = figures::Scale::kLog10;
  if (IsShare(metric)) plot.y.format = figures::NumberFormat::kPercent;
  return plot;
}

std::string UsualMetric(const std::vector<std::vector<std::string>>& known) {
  std::string best;
  size_t most = 0;
  const auto consider = [&](const std::string& metric) {
    const auto has = [&](const std::vector<std::string>& names) {
      return std::find(names.begin(), names.end(), metric) != names.end();
    };
    const auto jobs = static_cast<size_t>(std::count_if(known.begin(), known.end(), has));
    if (jobs <= most) return;
    best = metric;
    most = jobs;
  };
  for (const char* metric :
       {"validation/accuracy", "test/accuracy", "validation/loss", "test/loss", "train/loss"}) {
    consider(metric);
  }
  if (!best.empty()) return best;
  for (const auto& names : known) {
    for (const std::string& name : names) consider(name);
  }
  return best;
}

absl::Status NoSuchMetric(const std::string& metric,
                          const std::vector<std::vector<std::string>>& known) {
  std::set<std::string> names;
  for (const auto& of_job : known) names.insert(of_job.begin(), of_job.end());
  const std::string nearest = Nearest(metric, {names.begin(), names.end()});
  std::string message = absl::StrCat("no job has a series '", metric, "'");
  if (!nearest.empty()) absl::StrAppend(&message, "; did you mean '", nearest, "'?");
  size_t listed = 0;
  for (const std::string& name : names) {
    if (++listed > kMostListed) break;
    absl::StrAppend(&message, listed == 1 ? "\n  there are: " : ", ", name);
  }
  return absl::NotFoundError(message + (listed > kMostListed ? ", ..." : ""));
}

figures::DataTable LastValues(const std::vector<figures::Plot>& plots) {
  figures::DataTable table;
  table.caption = "Last values";
  table.columns = {{"job"}, {"metric"}, {"step", true}, {"value", true}};
  for (const figures::Plot& plot : plots) {
    for (const figures::Series& series : plot.series) {
      if (series.line.empty()) continue;
      const figures::Position& last = series.line.back();
      table.rows.push_back(
          {series.name, plot.heading.title, Count(static_cast<uint64_t>(last.x)), Metric(last.y)});
    }
  }
  return table;
}

}  // namespace trainyard::cli
