#include "server/api/study_watch.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "server/rpc/opaque_token.h"
#include "server/store/job_state.h"
#include "server/studies/study_reading.h"

namespace trainyard {
namespace {

// A point that has ended comes with its results: some kilobytes, of activation studies more.
constexpr int kSliceEvents = 16;
constexpr uint32_t kLongestHeartbeatSeconds = 3600;

std::string TokenScope(const std::string& study) { return absl::StrCat("watch-study:", study); }

absl::Status CheckRequest(const v1::WatchStudyRequest& request) {
  Violations violations;
  if (request.heartbeat_seconds() > kLongestHeartbeatSeconds)
    violations.Add("heartbeat_seconds", absl::StrCat("at most ", kLongestHeartbeatSeconds));
  if (request.from_now() && !request.resume_token().empty())
    violations.Add("from_now", "only one of resume_token and from_now");
  if (violations.empty()) return absl::OkStatus();
  return ViolationsError(violations, "INVALID_REQUEST");
}

class StudyStream final : public CursorStream<v1::WatchStudyResponse> {
 public:
  StudyStream(Calls& calls, const JobStore& jobs, const StudyStore& studies,
              const Notifier& notifier, const Clock& clock, const v1::WatchStudyRequest& request)
      : CursorStream(calls, clock, request.heartbeat_seconds()),
        jobs_(jobs),
        studies_(studies),
        notifier_(notifier),
        request_(request) {}

 private:
  absl::Status Locate() override {
    RETURN_IF_ERROR(CheckRequest(request_));
    ASSIGN_OR_RETURN(const StudyEventSlice slice,
                     studies_.ReadEvents(request_.name(), UINT64_MAX, kSliceEvents));
    study_ = slice.study.name();
    uint64_t cursor = request_.from_now() ? slice.last_sequence : 0;
    if (!request_.resume_token().empty()) {
      const std::optional<uint64_t> position =
          ReadToken(TokenScope(study_), request_.resume_token());
      if (!position.has_value() || *position > slice.last_sequence)
        return FieldError("resume_token", absl::StrCat("not a token of a watch of ", study_));
      cursor = *position;
    }
    MutexLock lock(mutex_);
    read_ = written_ = cursor;
    last_known_ = slice.last_sequence;
    return absl::OkStatus();
  }

  absl::Status Read() override {
    uint64_t after = 0;
    {
      MutexLock lock(mutex_);
      if (ending_.has_value()) return absl::OkStatus();
      after = read_;
      // Before the read: what is published meanwhile is looked for again.
      seen_ = notifier_.published();
    }
    ASSIGN_OR_RETURN(StudyEventSlice slice, studies_.ReadEvents(study_, after, kSliceEvents));
    for (v1::StudyEvent& event : slice.events) {
      if (!event.has_point() || !IsTerminal(event.point().state())) continue;
      double unused_test_samples = 0;
      RETURN_IF_ERROR(ReadPoint(jobs_, slice.study.specification(), *event.mutable_point(),
                                unused_test_samples));
    }
    MutexLock lock(mutex_);
    last_known_ = slice.last_sequence;
    const bool over = slice.complete && IsTerminal(slice.study.state());
    if (slice.events.empty() && !over) {
      phase_ = Phase::kWaiting;
      return absl::OkStatus();
    }
    std::deque<v1::WatchStudyResponse> frames;
    for (v1::StudyEvent& event : slice.events) {
      read_ = event.sequence();
      v1::WatchStudyResponse& frame = frames.emplace_back();
      frame.set_resume_token(Token(read_));
      *frame.mutable_event() = std::move(event);
    }
    if (over) {
      v1::WatchStudyResponse& frame = frames.emplace_back();
      frame.set_resume_token(Token(read_));
      frame.mutable_end()->set_state(slice.study.state());
      frame.mutable_end()->set_message(
          absl::StrCat(slice.measured, " of ", slice.points, " points measured"));
    }
    Write(std::move(frames));
    return absl::OkStatus();
  }

  std::string Token(uint64_t sequence) const override {
    return MakeToken(TokenScope(study_), sequence);
  }

  bool LooksAgain() override TRAINYARD_REQUIRES(mutex_) { return notifier_.published() != seen_; }

  const JobStore& jobs_;
  const StudyStore& studies_;
  const Notifier& notifier_;
  const v1::WatchStudyRequest request_;
  std::string study_;  // set by Locate, then constant
  // Notifier::published() before the last read.
  uint64_t seen_ TRAINYARD_GUARDED_BY(mutex_) = 0;
};

}  // namespace

StudyWatches::Reactor* StudyWatches::Open(grpc::CallbackServerContext* context,
                                          const v1::WatchStudyRequest* request) {
  const auto stream =
      std::make_shared<StudyStream>(calls_, jobs_, studies_, notifier_, clock_, *request);
  streams_.Open(stream, calls_.Authorize(*context));
  return stream.get();
}

}  // namespace trainyard
