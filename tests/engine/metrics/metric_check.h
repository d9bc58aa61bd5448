// Runs a metric over rows in a test.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "engine/metrics/metric.h"
#include "tests/engine/component.h"

namespace trainyard {

inline std::unique_ptr<Metric> MakeMetric(const std::string& type, RawMap params = {}) {
  return MakeOne(metrics::MakeCatalog(), type, std::move(params));
}

inline DataInfo Classes(int64_t classes) {
  DataInfo info;
  info.classes = classes;
  return info;
}

inline DataInfo Targets(int64_t targets) {
  DataInfo info;
  info.task = Task::kRegression;
  info.targets = targets;
  return info;
}

struct Rows {
  int64_t width = 1;
  std::vector<float> outputs;
  std::vector<int32_t> labels;
  std::vector<float> targets;

  int64_t count() const { return static_cast<int64_t>(outputs.size()) / width; }
};

inline MetricReport ReportOf(Metric& metric, const DataInfo& info, const Rows& rows,
                             int64_t batch_size) {
  EXPECT_TRUE(metric.Check(info).ok()) << metric.Check(info);
  metric.Reset(info);
  for (int64_t begin = 0; begin < rows.count(); begin += batch_size) {
    MetricBatch batch;
    batch.count = std::min(batch_size, rows.count() - begin);
    batch.width = rows.width;
    batch.outputs = rows.outputs.data() + begin * rows.width;
    if (!rows.labels.empty()) batch.labels = rows.labels.data() + begin;
    if (!rows.targets.empty()) batch.targets = rows.targets.data() + begin * rows.width;
    metric.Update(batch);
  }
  MetricReport report;
  metric.Report(report);
  return report;
}

// By name; also checks that the cut into batches and earlier use do not matter.
inline std::map<std::string, double> Measure(Metric& metric, const DataInfo& info,
                                             const Rows& rows) {
  const MetricReport report = ReportOf(metric, info, rows, rows.count() + 1);
  const MetricReport again = ReportOf(metric, info, rows, 2);
  std::map<std::string, double> values;
  EXPECT_EQ(report.scalars.size(), again.scalars.size());
  for (size_t i = 0; i < report.scalars.size(); ++i) {
    const double value = report.scalars[i].value;
    EXPECT_TRUE(values.emplace(report.scalars[i].name, value).second)
        << "twice: " << report.scalars[i].name;
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(again.scalars[i].value));
    } else {
      EXPECT_DOUBLE_EQ(value, again.scalars[i].value);
    }
  }
  return values;
}

}  // namespace trainyard
