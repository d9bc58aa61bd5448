#include "server/api/watch_stream.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/api/watch_frames.h"
#include "server/rpc/opaque_token.h"
#include "server/store/job_state.h"

namespace trainyard {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kSliceEvents = 500;
constexpr uint64_t kSliceBytes = 256 << 10;
constexpr std::chrono::nanoseconds kLongestReplayPause = std::chrono::seconds(5);

const std::vector<v1::Event::KindCase>& KindsOfSteps() {
  static const std::vector<v1::Event::KindCase> kinds = {v1::Event::kProgress, v1::Event::kMetrics,
                                                         v1::Event::kMatrix};
  return kinds;
}

// 0 where it belongs to no step.
uint64_t StepOf(const v1::Event& event) {
  return std::max({event.progress().step(), event.metrics().step(), event.matrix().step()});
}

class WatchStream final : public CursorStream<v1::WatchJobResponse> {
 public:
  WatchStream(Calls& calls, const JobStore& jobs, Notifier& notifier, const Clock& clock,
              const v1::WatchJobRequest& request)
      : CursorStream(calls, clock, request.heartbeat_seconds()),
        jobs_(jobs),
        notifier_(notifier),
        clock_(clock),
        request_(request),
        coalesce_(request.delivery() == v1::WatchJobRequest::COALESCED &&
                  request.replay_speed() == 0) {}

 private:
  absl::Status Locate() override {
    RETURN_IF_ERROR(CheckWatchRequest(request_));
    ASSIGN_OR_RETURN(job_, jobs_.ResolveName(request_.name()));
    ASSIGN_OR_RETURN(const uint64_t last, jobs_.LastSequence(job_));
    uint64_t cursor = request_.from_now() ? last : 0;
    uint64_t step = request_.from_step();
    if (!request_.resume_token().empty()) {
      const std::string& token = request_.resume_token();
      const std::optional<uint64_t> sought = ReadToken(SeekTokenScope(job_), token);
      const std::optional<uint64_t> position = ReadToken(WatchTokenScope(job_), token);
      if (!sought.has_value() && (!position.has_value() || *position > last)) {
        return FieldError("resume_token", absl::StrCat("not a token of a watch of ", job_));
      }
      cursor = position.value_or(0);
      step = sought.value_or(0);
    }
    MutexLock lock(mutex_);
    read_ = written_ = last_known_ = cursor;
    seek_step_ = step;
    past_until_ = clock_.Now();
    return absl::OkStatus();
  }

  absl::Status Read() override {
    EventQuery query;
    query.job = job_;
    query.limit = kSliceEvents;
    query.byte_limit = kSliceBytes;
    {
      MutexLock lock(mutex_);
      if (ending_.has_value()) return absl::OkStatus();
      phase_ = Phase::kReading;
      query.after_sequence = read_;
      if (seek_step_ != 0) query.kinds = KindsOfSteps();
    }
    ASSIGN_OR_RETURN(EventSlice slice, jobs_.ReadEvents(query));
    if (!query.kinds.empty()) {
      if (!Seek(slice)) return absl::OkStatus();
      query.after_sequence = slice.last_sequence;
    }
    if (!slice.events.empty() || IsTerminal(slice.state)) {
      WriteSlice(std::move(slice));
      return absl::OkStatus();
    }
    {
      MutexLock lock(mutex_);
      phase_ = Phase::kWaiting;
    }
    Wait(query.after_sequence);
    return absl::OkStatus();
  }

  // Goes through events of steps until one is far enough. False where it has posted the next step
  // of the search, or of the watch; true at the end of the log: then the slice is empty.
  bool Seek(EventSlice& slice) {
    MutexLock lock(mutex_);
    const auto found =
        std::find_if(slice.events.begin(), slice.events.end(),
                     [step = seek_step_](const v1::Event& event) { return StepOf(event) >= step; });
    if (found != slice.events.end()) {
      read_ = written_ = found->sequence() - 1;
      seek_step_ = 0;
    } else {
      read_ = slice.complete ? slice.last_sequence : slice.events.back().sequence();
    }
    last_known_ = slice.last_sequence;
    const bool at_end = found == slice.events.end() && slice.complete;
    if (!at_end) PostRead();
    slice.events.clear();
    return at_end;
  }

  // While a step is sought, for the search.
  std::string Token(uint64_t sequence) const override TRAINYARD_REQUIRES(mutex_) {
    return seek_step_ == 0 ? WatchToken(job_, sequence)
                           : MakeToken(SeekTokenScope(job_), seek_step_);
  }

  void WriteSlice(EventSlice slice) {
    MutexLock lock(mutex_);
    if (!slice.events.empty()) read_ = slice.events.back().sequence();
    last_known_ = slice.last_sequence;
    v1::WatchJobResponse end;
    const bool over = slice.complete && IsTerminal(slice.state);
    if (over) {
      end.set_resume_token(Token(read_));
      end.mutable_end()->set_state(slice.state);
      end.mutable_end()->set_reason(slice.reason);
      end.mutable_end()->set_message(slice.message);
    }
    std::deque<v1::WatchJobResponse> frames = FramesOfSlice(job_, std::move(slice), coalesce_);
    if (over) frames.push_back(std::move(end));
    Write(std::move(frames));
  }

  void Wait(uint64_t after_sequence) {
    const Notifier::WatchId watch =
        notifier_.Watch(job_, after_sequence, [weak = weak_from_this()] {
          if (const auto self = std::static_pointer_cast<WatchStream>(weak.lock()))
            self->ReadHere();
        });
    bool ended;
    {
      MutexLock lock(mutex_);
      ended = ending_.has_value();
      // It may have fired, and the next one been set, before this line.
      watch_ = std::max(watch_, watch);
    }
    if (ended) notifier_.Cancel(job_, watch);
  }

  void Gone() override {
    Notifier::WatchId watch;
    {
      MutexLock lock(mutex_);
      watch = watch_;
    }
    if (watch != 0) notifier_.Cancel(job_, watch);
  }

  void Leaves(const v1::WatchJobResponse& frame) override TRAINYARD_REQUIRES(mutex_) {
    CursorStream::Leaves(frame);
    if (frame.has_gap()) written_ = frame.gap().last_skipped();
  }

  // When the next frame may go out. An event of the past keeps its distance to the one before.
  bool IsDue(const v1::WatchJobResponse& frame) override TRAINYARD_REQUIRES(mutex_) {
    if (request_.replay_speed() == 0 || !frame.has_event()) return true;
    const std::chrono::nanoseconds time(TimeUtil::TimestampToNanoseconds(frame.event().time()));
    if (time >= past_until_) return true;
    const std::chrono::nanoseconds now = clock_.Monotonic();
    if (!replayed_until_.has_value()) replayed_until_ = {time, now};
    const std::chrono::duration<double, std::nano> distance(time - replayed_until_->time);
    const std::chrono::nanoseconds due =
        replayed_until_->sent + std::chrono::nanoseconds(static_cast<int64_t>(
                                    std::clamp(distance.count() / request_.replay_speed(), 0.0,
                                               static_cast<double>(kLongestReplayPause.count()))));
    if (now < due) return false;
    replayed_until_ = {time, due};
    return true;
  }

  const JobStore& jobs_;
  Notifier& notifier_;
  const Clock& clock_;
  const v1::WatchJobRequest request_;
  const bool coalesce_;
  std::string job_;  // set by Locate, then constant
  // The step that is looked for; 0: none, or found.
  uint64_t seek_step_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  // Events before this time are replayed.
  std::chrono::nanoseconds past_until_ TRAINYARD_GUARDED_BY(mutex_){0};
  // The newest replayed event: when it came, and when it was due here.
  struct Replayed {
    std::chrono::nanoseconds time;
    std::chrono::nanoseconds sent;
  };
  std::optional<Replayed> replayed_until_ TRAINYARD_GUARDED_BY(mutex_);
  // Newest one set at the Notifier; 0: none.
  Notifier::WatchId watch_ TRAINYARD_GUARDED_BY(mutex_) = 0;
};

}  // namespace

Watches::Reactor* Watches::Open(grpc::CallbackServerContext* context,
                                const v1::WatchJobRequest* request) {
  const auto stream = std::make_shared<WatchStream>(calls_, jobs_, notifier_, clock_, *request);
  streams_.Open(stream, calls_.Authorize(*context));
  return stream.get();
}

}  // namespace trainyard
