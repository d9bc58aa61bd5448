// Jobs side by side: means over seeds, differences with intervals and tests, what they cost. A pure
// function of the jobs as the store has them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/spec/catalogs.h"
#include "trainyard/v1/compare.pb.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

// At least two jobs; each against the first. `metric`: "test/accuracy", or empty for the usual one.
// INVALID_ARGUMENT: not all have the metric. FAILED_PRECONDITION NO_RESULTS, NO_VALIDATION.
absl::StatusOr<v1::Comparison> CompareJobs(const std::vector<v1::Job>& jobs,
                                           const std::string& metric, const Catalogs& catalogs);

}  // namespace trainyard
