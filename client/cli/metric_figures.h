// Metrics of jobs as figures. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/figures/figure.h"
#include "client/figures/report.h"
#include "trainyard/v1/metric_service.pb.h"

namespace trainyard::cli {

// One line: a marker a value where they are few; where points are buckets, their means within a
// band from min to max. Of a job that was resumed, what a later attempt measured again replaces
// what was there.
figures::Series CurveOf(const std::string& name, const v1::ReadSeriesResponse::Series& series);

// Without series: axes and title of a metric.
figures::Plot MetricPlot(const std::string& metric, bool log_x, bool log_y);

// The one to show where none was asked for: the first of the usual ones that most jobs have.
// `known`: the names of each job's series. "" where no job has any.
std::string UsualMetric(const std::vector<std::vector<std::string>>& known);

// NOT_FOUND that names the nearest one and what there is.
absl::Status NoSuchMetric(const std::string& metric,
                          const std::vector<std::vector<std::string>>& known);

// Where each series of each plot ended.
figures::DataTable LastValues(const std::vector<figures::Plot>& plots);

}  // namespace trainyard::cli
