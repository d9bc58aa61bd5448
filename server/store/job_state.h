// The states of a job and the steps between them: the one place that says what may follow what.
//
//   QUEUED      -> RUNNING      a worker claimed it
//               -> CANCELLED    by its user
//   RUNNING     -> SUCCEEDED, FAILED      its worker says so, or its worker was lost too often
//               -> CANCELLING   by its user
//               -> QUEUED       its worker was lost, or the server drains: it goes on from its
//               checkpoint
//   CANCELLING  -> CANCELLED    its worker has stopped, or is lost
//               -> SUCCEEDED, FAILED      it ended before its worker heard of the wish
#pragma once

#include <string>

#include "absl/status/status.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard {

bool CanFollow(v1::JobState from, v1::JobState to);
// SUCCEEDED, FAILED, CANCELLED: nothing follows.
bool IsTerminal(v1::JobState state);
// "RUNNING".
const std::string& StateName(v1::JobState state);
// JOB_STATE_UNSPECIFIED where there is none of that name.
v1::JobState StateOfName(const std::string& name);
// FAILED_PRECONDITION `reason`: `name`, a job or what jobs make up, is in a terminal state.
absl::Status HasEnded(const std::string& name, v1::JobState state, const std::string& reason);

}  // namespace trainyard
