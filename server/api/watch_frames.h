// What a watch may ask for, and what it sends of a slice of the log. Pure functions.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "absl/status/status.h"
#include "server/store/event_log.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard {

// INVALID_ARGUMENT where the request makes no sense by itself.
absl::Status CheckWatchRequest(const v1::WatchJobRequest& request);

// Whose tokens they are: of a place in a job's log, and of a watch that is still looking for its
// first step.
std::string WatchTokenScope(const std::string& job);
std::string SeekTokenScope(const std::string& job);
// The resume token for everything up to and including `sequence`.
std::string WatchToken(const std::string& job, uint64_t sequence);

// The frames of one slice: every event, or (COALESCED, for a reader that lags) without the progress
// events that a later one of the slice supersedes, each run of them replaced by a Gap.
std::deque<v1::WatchJobResponse> FramesOfSlice(const std::string& job, EventSlice slice,
                                               bool coalesce);

}  // namespace trainyard
