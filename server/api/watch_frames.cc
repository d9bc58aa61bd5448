#include "server/api/watch_frames.h"

#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/violations.h"
#include "server/rpc/opaque_token.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {
namespace {

// A reader with more than so many events before it lags.
constexpr size_t kLag = 64;
constexpr uint32_t kLongestHeartbeatSeconds = 3600;

}  // namespace

absl::Status CheckWatchRequest(const v1::WatchJobRequest& request) {
  Violations violations;
  if (request.heartbeat_seconds() > kLongestHeartbeatSeconds) {
    violations.Add("heartbeat_seconds", absl::StrCat("at most ", kLongestHeartbeatSeconds));
  }
  if (!std::isfinite(request.replay_speed()) || request.replay_speed() < 0) {
    violations.Add("replay_speed", "a number above 0, or 0 for as fast as possible");
  }
  if (!v1::WatchJobRequest::Delivery_IsValid(request.delivery())) {
    violations.Add("delivery", absl::StrCat(request.delivery(), " is no known delivery"));
  }
  std::vector<std::string> starts;
  if (!request.resume_token().empty()) starts.push_back("resume_token");
  if (request.from_now()) starts.push_back("from_now");
  if (request.from_step() != 0) starts.push_back("from_step");
  if (starts.size() > 1 && request.from_step() != 0) {
    for (const std::string& start : starts) {
      violations.Add(start, absl::StrCat("only one of ", absl::StrJoin(starts, " and ")));
    }
  }
  return ViolationsError(violations, "INVALID_REQUEST");
}

std::string WatchTokenScope(const std::string& job) { return "watch:" + job; }

std::string SeekTokenScope(const std::string& job) { return "seek:" + job; }

std::string WatchToken(const std::string& job, uint64_t sequence) {
  return MakeToken(WatchTokenScope(job), sequence);
}

std::deque<v1::WatchJobResponse> FramesOfSlice(const std::string& job, EventSlice slice,
                                               bool coalesce) {
  std::deque<v1::WatchJobResponse> frames;
  size_t newest_progress = slice.events.size();
  for (size_t i = 0; i < slice.events.size(); ++i) {
    if (slice.events[i].has_progress()) newest_progress = i;
  }
  const bool lags = coalesce && slice.events.size() > kLag;
  uint64_t first_skipped = 0;  // 0: none
  for (size_t i = 0; i < slice.events.size(); ++i) {
    v1::Event& event = slice.events[i];
    const uint64_t sequence = event.sequence();
    if (lags && event.has_progress() && i != newest_progress) {
      if (first_skipped == 0) first_skipped = sequence;
      continue;
    }
    if (first_skipped != 0) {
      v1::WatchJobResponse& frame = frames.emplace_back();
      frame.set_resume_token(WatchToken(job, sequence - 1));
      frame.mutable_gap()->set_first_skipped(first_skipped);
      frame.mutable_gap()->set_last_skipped(sequence - 1);
      first_skipped = 0;
    }
    v1::WatchJobResponse& frame = frames.emplace_back();
    frame.set_resume_token(WatchToken(job, sequence));
    *frame.mutable_event() = std::move(event);
  }
  return frames;
}

}  // namespace trainyard
