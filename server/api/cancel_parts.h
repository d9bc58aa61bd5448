// Ends a study or a sweep early: cancels the jobs of its parts, the points or the trials.
#pragma once

#include "absl/status/statusor.h"
#include "server/jobs/job_manager.h"
#include "server/store/job_state.h"

namespace trainyard {

// Does not wait. A job that ends meanwhile stays as it ended.
template <typename Parts>
void CancelParts(JobManager& manager, const Parts& parts) {
  for (const auto& part : parts) {
    if (!IsTerminal(part.state()))
      manager.Cancel(part.job(), "", "", [](const absl::StatusOr<v1::Job>&) {});
  }
}

}  // namespace trainyard
