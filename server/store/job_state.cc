#include "server/store/job_state.h"

#include <algorithm>
#include <iterator>

#include "engine/base/error_info.h"

namespace trainyard {
namespace {

struct Transition {
  v1::JobState from;
  v1::JobState to;
};

constexpr Transition kTransitions[] = {
    {v1::QUEUED, v1::RUNNING},       {v1::QUEUED, v1::CANCELLED},     {v1::RUNNING, v1::SUCCEEDED},
    {v1::RUNNING, v1::FAILED},       {v1::RUNNING, v1::CANCELLING},   {v1::RUNNING, v1::QUEUED},
    {v1::CANCELLING, v1::CANCELLED}, {v1::CANCELLING, v1::SUCCEEDED}, {v1::CANCELLING, v1::FAILED},
};

}  // namespace

bool CanFollow(v1::JobState from, v1::JobState to) {
  return std::any_of(std::begin(kTransitions), std::end(kTransitions),
                     [&](const Transition& known) { return known.from == from && known.to == to; });
}

bool IsTerminal(v1::JobState state) {
  return state == v1::SUCCEEDED || state == v1::FAILED || state == v1::CANCELLED;
}

const std::string& StateName(v1::JobState state) { return v1::JobState_Name(state); }

v1::JobState StateOfName(const std::string& name) {
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  return v1::JobState_Parse(name, &state) ? state : v1::JOB_STATE_UNSPECIFIED;
}

absl::Status HasEnded(const std::string& name, v1::JobState state, const std::string& reason) {
  return WithReason(absl::FailedPreconditionError(name + " has ended: it is " + StateName(state)),
                    reason, {{"state", StateName(state)}});
}

}  // namespace trainyard
