// What an event does to the picture of its job: the one place that knows. Pure.
#pragma once

#include "absl/status/status.h"
#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

// Updates state, reason, message, times, attempts, progress, artifacts and last_sequence of `job`.
// FAILED_PRECONDITION JOB_TERMINAL, WRONG_STATE: the event may not follow. INVALID_ARGUMENT: it
// says nothing.
absl::Status ApplyEvent(const v1::Event& event, v1::Job& job);

// Whether ApplyResults would change anything: the event holds values of a validation or test part,
// or a run has ended.
bool HasResults(const v1::Event& event);
// Keeps the last value of each such series in `job.results`, and of each run in `job.runs`.
void ApplyResults(const v1::Event& event, v1::Job& job);

}  // namespace trainyard
