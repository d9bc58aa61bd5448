// Judges the outputs of a network, or of a learner, on a part of the data.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/losses/loss.h"
#include "engine/metrics/metric.h"
#include "engine/training/run.h"

namespace trainyard {

// Calls back with the outputs of a part, batch after batch.
using OutputSource = std::function<void(const std::function<void(const MetricBatch&)>& take)>;

// The loss, then every metric, over the outputs of so many samples, which must not be none.
MetricReport Evaluate(const OutputSource& outputs, int64_t samples, const DataInfo& data,
                      const Loss& loss, const std::vector<std::unique_ptr<Metric>>& metrics);

// Emits a report as events, with series `<part>/<name>`.
void EmitReport(const MetricReport& report, const std::string& part, uint64_t step, double epoch,
                JobSink& sink);

}  // namespace trainyard
