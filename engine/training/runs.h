// Several runs of one net in one job: each is trained by one thread from its first step to its
// last, as a job of its own would, and the job's threads take one run after the other. A run's
// weights and optimizer state then stay in the cache of its core, nothing waits for another thread
// within a step, and its bits are those of a job of its own (docs/decisions/runs.md).
#pragma once

#include "absl/status/statusor.h"
#include "engine/training/run.h"

namespace trainyard {

// Trains all runs of the specification, which has some. Events of the runs reach the sink with
// their series below "runs/<index>/", one call at a time though from several threads.
absl::StatusOr<RunOutcome> TrainRuns(const v1::Specification& specification, RunOptions options,
                                     JobSink& sink);

}  // namespace trainyard
