#include "server/api/study_watch.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "server/rpc/exceptions.h"
#include "server/rpc/opaque_token.h"
#include "server/rpc/status_mapping.h"
#include "server/store/job_state.h"
#include "server/studies/study_reading.h"

namespace trainyard {
namespace {

// A point that has ended comes with its results: some kilobytes, of activation studies more.
constexpr int kSliceEvents = 16;
constexpr uint32_t kDefaultHeartbeatSeconds = 5;
constexpr uint32_t kLongestHeartbeatSeconds = 3600;

absl::Status Stopping() {
  return UnavailableError("SERVER_STOPPING", "the server stops; resume with the last token");
}

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

}  // namespace

// One call. gRPC holds it until OnDone, tasks of the executor while they run.
class StudyStream final : public StudyWatches::Reactor,
                          public std::enable_shared_from_this<StudyStream> {
 public:
  StudyStream(StudyWatches& owner, uint64_t id, const v1::WatchStudyRequest& request)
      : owner_(owner), id_(id), request_(request) {}

  void Start() {
    self_ = shared_from_this();
    Post(&StudyStream::Begin);
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
    if (phase_ != Phase::kWaiting || owner_.notifier_.published() == seen_) return;
    phase_ = Phase::kReading;
    Post(&StudyStream::Advance);
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok && !ending_.has_value()) ending_ = absl::CancelledError("the client has gone");
    WriteNext();
    if (writing_ || finished_ || phase_ != Phase::kWriting || !frames_.empty()) return;
    phase_ = Phase::kReading;
    Post(&StudyStream::Advance);
  }

  void OnCancel() override { End(absl::CancelledError("the client has gone")); }

  void OnDone() override {
    owner_.Remove(id_);
    const std::shared_ptr<StudyStream> last = std::move(self_);
  }

 private:
  // kReading -> kWriting -> kReading ... while there are events, else kReading -> kWaiting ->
  // kReading. Heartbeats go out in any of them.
  enum class Phase { kStarting, kReading, kWriting, kWaiting };

  using Step = absl::Status (StudyStream::*)();

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
    RETURN_IF_ERROR(CheckRequest(request_));
    const uint32_t seconds = request_.heartbeat_seconds();
    heartbeat_ = std::chrono::seconds(seconds == 0 ? kDefaultHeartbeatSeconds : seconds);
    ASSIGN_OR_RETURN(const StudyEventSlice slice,
                     owner_.studies_.ReadEvents(request_.name(), UINT64_MAX, kSliceEvents));
    study_ = slice.study.name();
    uint64_t cursor = request_.from_now() ? slice.last_sequence : 0;
    if (!request_.resume_token().empty()) {
      const std::optional<uint64_t> position =
          ReadToken(TokenScope(study_), request_.resume_token());
      if (!position.has_value() || *position > slice.last_sequence)
        return FieldError("resume_token", absl::StrCat("not a token of a watch of ", study_));
      cursor = *position;
    }
    {
      MutexLock lock(mutex_);
      read_ = written_ = cursor;
      last_known_ = slice.last_sequence;
      phase_ = Phase::kReading;
      next_heartbeat_ = owner_.clock_.Monotonic() + heartbeat_;
    }
    Post(&StudyStream::Advance);
    return absl::OkStatus();
  }

  // On the executor, one at a time: reads the next slice, or waits for there to be one.
  absl::Status Advance() {
    uint64_t after = 0;
    {
      MutexLock lock(mutex_);
      if (ending_.has_value()) return absl::OkStatus();
      after = read_;
      // Before the read: what is published meanwhile is looked for again.
      seen_ = owner_.notifier_.published();
    }
    ASSIGN_OR_RETURN(StudyEventSlice slice,
                     owner_.studies_.ReadEvents(study_, after, kSliceEvents));
    for (v1::StudyEvent& event : slice.events) {
      if (!event.has_point() || !IsTerminal(event.point().state())) continue;
      double unused_test_samples = 0;
      RETURN_IF_ERROR(ReadPoint(owner_.jobs_, slice.study.specification(), *event.mutable_point(),
                                unused_test_samples));
    }
    MutexLock lock(mutex_);
    last_known_ = slice.last_sequence;
    const bool over = slice.complete && IsTerminal(slice.study.state());
    if (slice.events.empty() && !over) {
      phase_ = Phase::kWaiting;
      return absl::OkStatus();
    }
    for (v1::StudyEvent& event : slice.events) {
      read_ = event.sequence();
      v1::WatchStudyResponse& frame = frames_.emplace_back();
      frame.set_resume_token(MakeToken(TokenScope(study_), read_));
      *frame.mutable_event() = std::move(event);
    }
    if (over) AddEnd(slice);
    phase_ = Phase::kWriting;
    WriteNext();
    return absl::OkStatus();
  }

  void AddEnd(const StudyEventSlice& slice) TRAINYARD_REQUIRES(mutex_) {
    v1::WatchStudyResponse& frame = frames_.emplace_back();
    frame.set_resume_token(MakeToken(TokenScope(study_), read_));
    frame.mutable_end()->set_state(slice.study.state());
    frame.mutable_end()->set_message(
        absl::StrCat(slice.measured, " of ", slice.points, " points measured"));
  }

  // Finishes as soon as no write is outstanding.
  void End(const absl::Status& status) {
    MutexLock lock(mutex_);
    if (!ending_.has_value()) ending_ = status;
    WriteNext();
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
      frame_.set_resume_token(MakeToken(TokenScope(study_), written_));
      *frame_.mutable_heartbeat()->mutable_server_time() =
          google::protobuf::util::TimeUtil::NanosecondsToTimestamp(owner_.clock_.Now().count());
      frame_.mutable_heartbeat()->set_last_sequence(last_known_);
    } else if (!frames_.empty()) {
      frame_ = std::move(frames_.front());
      frames_.pop_front();
      if (frame_.has_event()) written_ = frame_.event().sequence();
      if (frame_.has_end()) ending_ = absl::OkStatus();
    } else {
      return;
    }
    writing_ = true;
    StartWrite(&frame_);
  }

  StudyWatches& owner_;
  const uint64_t id_;
  const v1::WatchStudyRequest request_;
  // Set by Begin, then constant.
  std::string study_;
  std::chrono::nanoseconds heartbeat_{0};

  Mutex mutex_;
  Phase phase_ TRAINYARD_GUARDED_BY(mutex_) = Phase::kStarting;
  // Sequences: newest event read, newest one written, newest one known to be on disk.
  uint64_t read_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  uint64_t written_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  uint64_t last_known_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  // Notifier::published() before the last read.
  uint64_t seen_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  std::deque<v1::WatchStudyResponse> frames_ TRAINYARD_GUARDED_BY(mutex_);
  v1::WatchStudyResponse frame_ TRAINYARD_GUARDED_BY(mutex_);
  bool writing_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool heartbeat_due_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::chrono::nanoseconds next_heartbeat_ TRAINYARD_GUARDED_BY(mutex_){0};
  // How the stream is to end, once the write that is outstanding is done.
  std::optional<absl::Status> ending_ TRAINYARD_GUARDED_BY(mutex_);
  bool finished_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::shared_ptr<StudyStream> self_;
};

StudyWatches::Reactor* StudyWatches::Open(grpc::CallbackServerContext* context,
                                          const v1::WatchStudyRequest* request) {
  absl::Status status = calls_.Authorize(*context);
  std::shared_ptr<StudyStream> stream;
  {
    MutexLock lock(mutex_);
    const uint64_t id = next_id_++;
    stream = std::make_shared<StudyStream>(*this, id, *request);
    if (status.ok() && stopping_) status = Stopping();
    if (status.ok() && streams_.size() >= limit_) {
      status = WithReason(absl::ResourceExhaustedError(
                              absl::StrCat("there are ", limit_, " watches of studies already")),
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

void StudyWatches::Tick() {
  const std::chrono::nanoseconds now = clock_.Monotonic();
  for (const std::shared_ptr<StudyStream>& stream : Streams()) stream->Tick(now);
}

void StudyWatches::Stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  for (const std::shared_ptr<StudyStream>& stream : Streams()) stream->Stop();
}

size_t StudyWatches::open() const {
  MutexLock lock(mutex_);
  return streams_.size();
}

std::vector<std::shared_ptr<StudyStream>> StudyWatches::Streams() const {
  std::vector<std::shared_ptr<StudyStream>> streams;
  MutexLock lock(mutex_);
  for (const auto& [id, weak] : streams_) {
    if (std::shared_ptr<StudyStream> stream = weak.lock()) streams.push_back(std::move(stream));
  }
  return streams;
}

void StudyWatches::Remove(uint64_t id) {
  MutexLock lock(mutex_);
  streams_.erase(id);
}

}  // namespace trainyard
