// Reads a job's whole log, slice by slice, so that memory does not grow with its length.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/store/job_store.h"

namespace trainyard {

// Calls `visit` for every event of these kinds (empty: all), in order. Blocks: use an executor.
absl::Status ForEachEvent(const JobStore& jobs, const std::string& job,
                          std::vector<v1::Event::KindCase> kinds,
                          const std::function<void(const v1::Event&)>& visit);

}  // namespace trainyard
