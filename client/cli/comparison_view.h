// A comparison of jobs on a screen: what was asked differently, results with intervals and costs,
// verdicts; and a series of each job as a plot.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/console.h"
#include "client/figures/figure.h"
#include "client/lib/client.h"
#include "trainyard/v1/compare.pb.h"

namespace trainyard::cli {

void PrintComparison(Console& console, const v1::Comparison& comparison);

// A line a job: of one with several runs their mean, in a band from the least to the largest.
// `series` empty: the usual one. NOT_FOUND where no job has it.
absl::StatusOr<figures::Plot> ComparisonPlot(client::Client& client,
                                             const v1::Comparison& comparison, std::string series);

}  // namespace trainyard::cli
