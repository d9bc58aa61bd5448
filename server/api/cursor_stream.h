// What streams that are cursors into a log have in common. A stream reads a slice on the executor,
// writes its frames one at a time (the next when gRPC has taken the one before), and then waits for
// more. A slow reader therefore lags; nothing waits for it, and a stream holds one slice at most.
// Every frame has a token for "all up to here", so that frames of any schedule of cuts and
// reconnects, put together, are the log. Heartbeats go out at any time.
//
// CursorStream: one call; a kind of stream says where it starts, reads and waits. CursorStreams:
// those that are open. Both thread-safe. Used by Watches and StudyWatches.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/util/time_util.h>
#include <grpcpp/support/server_callback.h>

#include "absl/strings/str_cat.h"
#include "engine/base/clock.h"
#include "engine/base/error_info.h"
#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "server/rpc/calls.h"
#include "server/rpc/exceptions.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {

inline absl::Status StreamsAreStopping() {
  return UnavailableError("SERVER_STOPPING", "the server stops; resume with the last token");
}

// Response: a message with resume_token, and event (with its sequence), heartbeat or end. gRPC
// holds the stream until OnDone, tasks of the executor while they run.
template <typename Response>
class CursorStream : public grpc::ServerWriteReactor<Response>,
                     public std::enable_shared_from_this<CursorStream<Response>> {
 public:
  // `heartbeat_seconds`: 0: the default.
  CursorStream(Calls& calls, const Clock& clock, uint32_t heartbeat_seconds)
      : calls_(calls),
        clock_(clock),
        heartbeat_(heartbeat_seconds == 0 ? kDefaultHeartbeatSeconds : heartbeat_seconds) {}

  // `removed` is called when gRPC has let go of it.
  void Start(std::function<void()> removed) {
    removed_ = std::move(removed);
    self_ = this->shared_from_this();
    Post(&CursorStream::Begin);
  }

  // Ends the stream before it began.
  void Refuse(const absl::Status& status) {
    self_ = this->shared_from_this();
    End(status);
  }

  void Stop() { End(StreamsAreStopping()); }

  void Tick(std::chrono::nanoseconds now) {
    MutexLock lock(mutex_);
    if (phase_ == Phase::kStarting) return;
    if (now >= next_heartbeat_) {
      next_heartbeat_ = now + heartbeat_;
      heartbeat_due_ = true;
    }
    WriteNext();
    if (phase_ != Phase::kWaiting || !LooksAgain()) return;
    phase_ = Phase::kReading;
    PostRead();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok && !ending_.has_value()) ending_ = absl::CancelledError("the client has gone");
    WriteNext();
    if (writing_ || finished_ || phase_ != Phase::kWriting || !frames_.empty()) return;
    phase_ = Phase::kReading;
    PostRead();
  }

  void OnCancel() override { End(absl::CancelledError("the client has gone")); }

  void OnDone() override {
    Gone();
    if (removed_) removed_();
    const std::shared_ptr<CursorStream> last = std::move(self_);
  }

 protected:
  // kReading -> kWriting -> kReading ... while there are events, else kReading -> kWaiting ->
  // kReading. Heartbeats go out in any of them. kWriting lasts while a frame is not due.
  enum class Phase { kStarting, kReading, kWriting, kWaiting };

  // ---- of a kind of stream; the first two on the executor, one at a time
  // Checks the request and sets the positions.
  virtual absl::Status Locate() = 0;
  // Reads the next slice and gives it to Write, or sets Phase::kWaiting, or posts itself.
  virtual absl::Status Read() = 0;
  // For everything up to `sequence`.
  virtual std::string Token(uint64_t sequence) const TRAINYARD_REQUIRES(mutex_) = 0;
  // Whether a frame may go out now: asked again at the next tick.
  virtual bool IsDue(const Response&) TRAINYARD_REQUIRES(mutex_) { return true; }
  // A frame that goes out: moves written_.
  virtual void Leaves(const Response& frame) TRAINYARD_REQUIRES(mutex_) {
    if (frame.has_event()) written_ = frame.event().sequence();
  }
  // Whether a stream that waits is to read again: asked at each tick.
  virtual bool LooksAgain() TRAINYARD_REQUIRES(mutex_) { return false; }
  // gRPC has let go of the stream.
  virtual void Gone() {}

  // Reads on the executor; the stream ends with the error of it, and with what it throws.
  void PostRead() { Post(&CursorStream::Read); }
  // The same on this thread.
  void ReadHere() { Take(&CursorStream::Read); }

  // What a slice holds: the frames, and then the end, if it has come.
  void Write(std::deque<Response> frames) TRAINYARD_REQUIRES(mutex_) {
    frames_ = std::move(frames);
    phase_ = Phase::kWriting;
    WriteNext();
  }

  // Finishes as soon as no write is outstanding.
  void End(const absl::Status& status) {
    MutexLock lock(mutex_);
    if (!ending_.has_value()) ending_ = status;
    WriteNext();
  }

  Mutex mutex_;
  Phase phase_ TRAINYARD_GUARDED_BY(mutex_) = Phase::kStarting;
  // Sequences: newest event read, newest one written, newest one known to be on disk.
  uint64_t read_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  uint64_t written_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  uint64_t last_known_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  // How the stream is to end, once the write that is outstanding is done.
  std::optional<absl::Status> ending_ TRAINYARD_GUARDED_BY(mutex_);

 private:
  static constexpr uint32_t kDefaultHeartbeatSeconds = 5;

  using Step = absl::Status (CursorStream::*)();

  void Post(Step step) {
    calls_.executor().Post([self = this->shared_from_this(), step] { self->Take(step); });
  }

  void Take(Step step) {
    const absl::Status status = CatchExceptions([&] { return (this->*step)(); });
    if (!status.ok()) End(status);
  }

  absl::Status Begin() {
    RETURN_IF_ERROR(Locate());
    {
      MutexLock lock(mutex_);
      phase_ = Phase::kReading;
      next_heartbeat_ = clock_.Monotonic() + heartbeat_;
    }
    PostRead();
    return absl::OkStatus();
  }

  void WriteNext() TRAINYARD_REQUIRES(mutex_) {
    if (writing_ || finished_) return;
    if (ending_.has_value()) {
      finished_ = true;
      this->Finish(ToGrpcStatus(*ending_));
      return;
    }
    if (heartbeat_due_) {
      heartbeat_due_ = false;
      frame_.Clear();
      frame_.set_resume_token(Token(written_));
      *frame_.mutable_heartbeat()->mutable_server_time() =
          google::protobuf::util::TimeUtil::NanosecondsToTimestamp(clock_.Now().count());
      frame_.mutable_heartbeat()->set_last_sequence(last_known_);
    } else if (!frames_.empty() && IsDue(frames_.front())) {
      frame_ = std::move(frames_.front());
      frames_.pop_front();
      Leaves(frame_);
      if (frame_.has_end()) ending_ = absl::OkStatus();
    } else {
      return;
    }
    writing_ = true;
    this->StartWrite(&frame_);
  }

  Calls& calls_;
  const Clock& clock_;
  const std::chrono::seconds heartbeat_;
  std::function<void()> removed_;
  std::deque<Response> frames_ TRAINYARD_GUARDED_BY(mutex_);
  Response frame_ TRAINYARD_GUARDED_BY(mutex_);
  bool writing_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool heartbeat_due_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::chrono::nanoseconds next_heartbeat_ TRAINYARD_GUARDED_BY(mutex_){0};
  bool finished_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::shared_ptr<CursorStream> self_;
};

// The streams that are open, `limit` at a time; beyond it RESOURCE_EXHAUSTED WATCH_LIMIT.
template <typename Response>
class CursorStreams {
 public:
  using Stream = CursorStream<Response>;

  // `noun`: "watches", for the message.
  CursorStreams(const char* noun, size_t limit) : noun_(noun), limit_(limit) {}

  // Begins the stream where `authorized` is OK, or has it refused.
  void Open(const std::shared_ptr<Stream>& stream, absl::Status authorized) {
    uint64_t id = 0;
    {
      MutexLock lock(mutex_);
      if (authorized.ok() && stopping_) authorized = StreamsAreStopping();
      if (authorized.ok() && streams_.size() >= limit_) {
        authorized = WithReason(absl::ResourceExhaustedError(
                                    absl::StrCat("there are ", limit_, " ", noun_, " already")),
                                "WATCH_LIMIT", {{"subject", "watches"}});
      }
      if (authorized.ok()) {
        id = next_id_++;
        streams_[id] = stream;
      }
    }
    if (authorized.ok()) {
      stream->Start([this, id] { Remove(id); });
    } else {
      stream->Refuse(authorized);
    }
  }

  // Every 100 ms or so: sends what is due.
  void Tick(std::chrono::nanoseconds now) {
    for (const std::shared_ptr<Stream>& stream : Streams()) stream->Tick(now);
  }

  // Ends every stream, also those that are yet to come, with UNAVAILABLE SERVER_STOPPING.
  void Stop() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
    }
    for (const std::shared_ptr<Stream>& stream : Streams()) stream->Stop();
  }

  size_t open() const {
    MutexLock lock(mutex_);
    return streams_.size();
  }

 private:
  std::vector<std::shared_ptr<Stream>> Streams() const {
    std::vector<std::shared_ptr<Stream>> streams;
    MutexLock lock(mutex_);
    for (const auto& [id, weak] : streams_) {
      if (std::shared_ptr<Stream> stream = weak.lock()) streams.push_back(std::move(stream));
    }
    return streams;
  }

  void Remove(uint64_t id) {
    MutexLock lock(mutex_);
    streams_.erase(id);
  }

  const char* const noun_;
  const size_t limit_;
  mutable Mutex mutex_;
  bool stopping_ TRAINYARD_GUARDED_BY(mutex_) = false;
  uint64_t next_id_ TRAINYARD_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, std::weak_ptr<Stream>> streams_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
