// Judges a network on a part of the data.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/data/dataset.h"
#include "engine/losses/loss.h"
#include "engine/metrics/metric.h"
#include "engine/training/network.h"

namespace trainyard {

// The loss, then every metric, over the whole part, which must not be empty.
MetricReport Evaluate(Network& network, const Part& part, const DataInfo& data, const Loss& loss,
                      const std::vector<std::unique_ptr<Metric>>& metrics);

}  // namespace trainyard
