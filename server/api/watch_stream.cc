#include "server/api/watch_stream.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/api/watch_frames.h"
#include "server/rpc/exceptions.h"
#include "server/rpc/opaque_token.h"
#include "server/rpc/status_mapping.h"
#include "server/store/job_state.h"

namespace trainyard {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kSliceEvents = 500;
constexpr uint64_t kSliceBytes = 256 << 10;
constexpr uint32_t kDefaultHeartbeatSeconds = 5;
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

absl::Status Stopping() {
  return UnavailableError("SERVER_STOPPING", "the server stops; resume with the last token");
}

}  // namespace

// One call. gRPC holds it until OnDone, tasks of the executor while they run.
class WatchStream final : public Watches::Reactor,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(Watches& owner, uint64_t id, const v1::WatchJobRequest& request)
      : owner_(owner),
        id_(id),
        request_(request),
        coalesce_(request.delivery() == v1::WatchJobRequest::COALESCED &&
                  request.replay_speed() == 0) {}

  void Start() {
    self_ = shared_from_this();
    Post(&WatchStream::Begin);
  }

  // Ends the stream before it began.
  void Refuse(const absl::Status& status) {
    self_ = shared_from_this();
    End(status);
  }

  void Stop() { End(Stopping()); }

  void Tick(std::chrono::nanoseconds now) {
    MutexLock lock(mutex_);
    if (phase_ == Phase::kStarting) return;
    if (now >= next_heartbeat_) {
      next_heartbeat_ = now + heartbeat_;
      heartbeat_due_ = true;
    }
    WriteNext();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok && !ending_.has_value()) ending_ = absl::CancelledError("the client has gone");
    WriteNext();
    if (writing_ || finished_ || phase_ != Phase::kWriting || !frames_.empty()) return;
    phase_ = Phase::kReading;
    Post(&WatchStream::Advance);
  }

  void OnCancel() override { End(absl::CancelledError("the client has gone")); }

  void OnDone() override {
    Notifier::WatchId watch;
    {
      MutexLock lock(mutex_);
      watch = watch_;
    }
    if (watch != 0) owner_.notifier_.Cancel(job_, watch);
    owner_.Remove(id_);
    const std::shared_ptr<WatchStream> last = std::move(self_);
  }

 private:
  // kReading -> kWriting -> kReading ... while there are events, else kReading -> kWaiting ->
  // kReading. Heartbeats go out in any of them. kWriting lasts while a replay pauses.
  enum class Phase { kStarting, kReading, kWriting, kWaiting };

  using Step = absl::Status (WatchStream::*)();

  // Runs a step on the executor.
  void Post(Step step) {
    owner_.calls_.executor().Post([self = shared_from_this(), step] { self->Take(step); });
  }

  // The stream ends with the error of a step, and with what it throws.
  void Take(Step step) {
    const absl::Status status = CatchExceptions([&] { return (this->*step)(); });
    if (!status.ok()) End(status);
  }

  // On the executor: where to start.
  absl::Status Begin() {
    RETURN_IF_ERROR(Locate());
    {
      MutexLock lock(mutex_);
      phase_ = Phase::kReading;
      next_heartbeat_ = owner_.clock_.Monotonic() + heartbeat_;
    }
    Post(&WatchStream::Advance);
    return absl::OkStatus();
  }

  absl::Status Locate() {
    RETURN_IF_ERROR(CheckWatchRequest(request_));
    const uint32_t seconds = request_.heartbeat_seconds();
    heartbeat_ = std::chrono::seconds(seconds == 0 ? kDefaultHeartbeatSeconds : seconds);
    ASSIGN_OR_RETURN(job_, owner_.jobs_.ResolveName(request_.name()));
    ASSIGN_OR_RETURN(const uint64_t last, owner_.jobs_.LastSequence(job_));
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
    past_until_ = owner_.clock_.Now();
    return absl::OkStatus();
  }

  // On the executor, one at a time: reads the next slice, or waits for there to be one.
  absl::Status Advance() {
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
    ASSIGN_OR_RETURN(EventSlice slice, owner_.jobs_.ReadEvents(query));
    if (!query.kinds.empty()) {
      if (!Seek(slice)) return absl::OkStatus();
      query.after_sequence = slice.last_sequence;
    }
    if (!slice.events.empty() || IsTerminal(slice.state)) {
      Write(std::move(slice));
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
    if (!at_end) Post(&WatchStream::Advance);
    slice.events.clear();
    return at_end;
  }

  // For everything up to `sequence`; while a step is sought, for the search.
  std::string Token(uint64_t sequence) const TRAINYARD_REQUIRES(mutex_) {
    return seek_step_ == 0 ? WatchToken(job_, sequence)
                           : MakeToken(SeekTokenScope(job_), seek_step_);
  }

  void Write(EventSlice slice) {
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
    frames_ = FramesOfSlice(job_, std::move(slice), coalesce_);
    if (over) frames_.push_back(std::move(end));
    phase_ = Phase::kWriting;
    WriteNext();
  }

  void Wait(uint64_t after_sequence) {
    const Notifier::WatchId watch =
        owner_.notifier_.Watch(job_, after_sequence, [weak = weak_from_this()] {
          if (const std::shared_ptr<WatchStream> self = weak.lock())
            self->Take(&WatchStream::Advance);
        });
    bool ended;
    {
      MutexLock lock(mutex_);
      ended = ending_.has_value();
      // It may have fired, and the next one been set, before this line.
      watch_ = std::max(watch_, watch);
    }
    if (ended) owner_.notifier_.Cancel(job_, watch);
  }

  // Finishes as soon as no write is outstanding.
  void End(const absl::Status& status) {
    MutexLock lock(mutex_);
    if (!ending_.has_value()) ending_ = status;
    WriteNext();
  }

  // When the next frame may go out. An event of the past keeps its distance to the one before.
  bool IsDue(const v1::WatchJobResponse& frame) TRAINYARD_REQUIRES(mutex_) {
    if (request_.replay_speed() == 0 || !frame.has_event()) return true;
    const std::chrono::nanoseconds time(TimeUtil::TimestampToNanoseconds(frame.event().time()));
    if (time >= past_until_) return true;
    const std::chrono::nanoseconds now = owner_.clock_.Monotonic();
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

  void WriteNext() TRAINYARD_REQUIRES(mutex_) {
    if (writing_ || finished_) return;
    if (ending_.has_value()) {
      finished_ = true;
      Finish(ToGrpcStatus(*ending_));
      return;
    }
    if (heartbeat_due_) {
      heartbeat_due_ = false;
      frame_.Clear();
      frame_.set_resume_token(Token(written_));
      *frame_.mutable_heartbeat()->mutable_server_time() =
          TimeUtil::NanosecondsToTimestamp(owner_.clock_.Now().count());
      frame_.mutable_heartbeat()->set_last_sequence(last_known_);
    } else if (!frames_.empty() && IsDue(frames_.front())) {
      frame_ = std::move(frames_.front());
      frames_.pop_front();
      if (frame_.has_event()) written_ = frame_.event().sequence();
      if (frame_.has_gap()) written_ = frame_.gap().last_skipped();
      if (frame_.has_end()) ending_ = absl::OkStatus();
    } else {
      return;
    }
    writing_ = true;
    StartWrite(&frame_);
  }

  Watches& owner_;
  const uint64_t id_;
  const v1::WatchJobRequest request_;
  const bool coalesce_;
  // Set by Begin, then constant.
  std::string job_;
  std::chrono::nanoseconds heartbeat_{0};

  Mutex mutex_;
  Phase phase_ TRAINYARD_GUARDED_BY(mutex_) = Phase::kStarting;
  // Sequences: newest event read, newest one written, newest one known to be on disk.
  uint64_t read_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  uint64_t written_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  uint64_t last_known_ TRAINYARD_GUARDED_BY(mutex_) = 0;
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
  std::deque<v1::WatchJobResponse> frames_ TRAINYARD_GUARDED_BY(mutex_);
  v1::WatchJobResponse frame_ TRAINYARD_GUARDED_BY(mutex_);
  bool writing_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool heartbeat_due_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::chrono::nanoseconds next_heartbeat_ TRAINYARD_GUARDED_BY(mutex_){0};
  // Newest one set at the Notifier; 0: none.
  Notifier::WatchId watch_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  // How the stream is to end, once the write that is outstanding is done.
  std::optional<absl::Status> ending_ TRAINYARD_GUARDED_BY(mutex_);
  bool finished_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::shared_ptr<WatchStream> self_;
};

Watches::Reactor* Watches::Open(grpc::CallbackServerContext* context,
                                const v1::WatchJobRequest* request) {
  absl::Status status = calls_.Authorize(*context);
  std::shared_ptr<WatchStream> stream;
  {
    MutexLock lock(mutex_);
    const uint64_t id = next_id_++;
    stream = std::make_shared<WatchStream>(*this, id, *request);
    if (status.ok() && stopping_) status = Stopping();
    if (status.ok() && streams_.size() >= limit_) {
      status = WithReason(
          absl::ResourceExhaustedError(absl::StrCat("there are ", limit_, " watches already")),
          "WATCH_LIMIT", {{"subject", "watches"}});
    }
    if (status.ok()) streams_[id] = stream;
  }
  if (status.ok()) {
    stream->Start();
  } else {
    stream->Refuse(status);
  }
  return stream.get();
}

void Watches::Tick() {
  const std::chrono::nanoseconds now = clock_.Monotonic();
  for (const std::shared_ptr<WatchStream>& stream : Streams()) stream->Tick(now);
}

void Watches::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  for (const std::shared_ptr<WatchStream>& stream : Streams()) stream->Stop();
}

size_t Watches::open() const {
  MutexLock lock(mutex_);
  return streams_.size();
}

std::vector<std::shared_ptr<WatchStream>> Watches::Streams() const {
  std::vector<std::shared_ptr<WatchStream>> streams;
  MutexLock lock(mutex_);
  for (const auto& [id, weak] : streams_) {
    if (std::shared_ptr<WatchStream> stream = weak.lock()) streams.push_back(std::move(stream));
  }
  return streams;
}

void Watches::Remove(uint64_t id) {
  MutexLock lock(mutex_);
  streams_.erase(id);
}

}  // namespace trainyard
