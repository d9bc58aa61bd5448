#include "client/lib/watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/lib/errors.h"
#include "engine/base/status.h"
#include "trainyard/v1/job_service.grpc.pb.h"

namespace trainyard::client {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

class Watcher {
 public:
  Watcher(Client& client, const WatchOptions& options, WatchHandler& handler, Interrupt& interrupt)
      : connection_(client.connection()),
        options_(options),
        handler_(handler),
        interrupt_(interrupt) {
    outcome_.resume_token = options.resume_token;
  }

  absl::StatusOr<WatchOutcome> Run() {
    // The first connection has the patience of every other call, a lost one that of a long job.
    milliseconds patience = connection_.policy().retry_for;
    last_frame_ = SteadyClock::now();
    for (int failures = 0;; ++failures) {
      if (Finished()) return outcome_;
      absl::Status status = Connect(patience);
      if (status.ok()) {
        const bool any_before = any_frame_;
        const auto frame_before = last_frame_;
        status = Stream();
        if (Finished()) return outcome_;
        if (last_frame_ != frame_before || any_before != any_frame_) failures = 0;
        if (any_frame_) patience = options_.reconnect_for;
      }
      if (Finished()) return outcome_;
      if (!IsLostStream(status) || SteadyClock::now() - last_frame_ >= patience) return status;
      if (any_frame_ && !lost_) {
        lost_ = true;
        handler_.OnLost(status);
      }
      interrupt_.SleepFor(Bounded(RetryPause(status, failures)));
    }
  }

 private:
  milliseconds Bounded(milliseconds time) const {
    if (!options_.deadline.has_value()) return time;
    const auto left =
        std::chrono::duration_cast<milliseconds>(*options_.deadline - SteadyClock::now());
    return std::clamp(left, milliseconds(0), time);
  }

  bool Finished() {
    if (outcome_.end.has_value() || outcome_.stopped) return true;
    if (interrupt_.triggered()) outcome_.interrupted = true;
    if (options_.deadline.has_value() && SteadyClock::now() >= *options_.deadline)
      outcome_.timed_out = true;
    return outcome_.interrupted || outcome_.timed_out;
  }

  absl::Status Connect(milliseconds patience) {
    const auto left =
        patience - std::chrono::duration_cast<milliseconds>(SteadyClock::now() - last_frame_);
    return connection_.WaitUntilConnected(Bounded(std::max(left, milliseconds(0))), &interrupt_);
  }

  // One stream, to its end or loss.
  absl::Status Stream() {
    v1::WatchJobRequest request;
    request.set_name(options_.job);
    request.set_resume_token(outcome_.resume_token);
    request.set_from_now(options_.from_now && outcome_.resume_token.empty());
    request.set_delivery(options_.coalesced ? v1::WatchJobRequest::COALESCED
                                            : v1::WatchJobRequest::LOSSLESS);

    grpc::ClientContext context;
    connection_.Prepare(context);
    if (options_.deadline.has_value()) {
      context.set_deadline(std::chrono::system_clock::now() +
                           (*options_.deadline - SteadyClock::now()));
    }
    Interrupt::Scope scope(interrupt_, [&context] { context.TryCancel(); });
    const auto stub = v1::JobService::NewStub(connection_.channel());
    const auto reader = stub->WatchJob(&context, request);
    v1::WatchJobResponse frame;
    absl::Status status;
    while (status.ok() && reader->Read(&frame)) {
      status = Take(frame);
      if (outcome_.end.has_value() || outcome_.stopped) break;
      frame.Clear();
    }
    if (!status.ok() || outcome_.stopped) context.TryCancel();
    const absl::Status closed = FromGrpc(reader->Finish());
    if (!status.ok()) return status;
    if (!closed.ok()) return closed;
    return absl::UnavailableError("the stream closed before the end of the log");
  }

  absl::Status Take(const v1::WatchJobResponse& frame) {
    last_frame_ = SteadyClock::now();
    any_frame_ = true;
    if (lost_) {
      lost_ = false;
      handler_.OnResumed();
    }
    switch (frame.frame_case()) {
      case v1::WatchJobResponse::kEvent:
        RETURN_IF_ERROR(TakeEvent(frame));
        break;
      case v1::WatchJobResponse::kGap:
        last_sequence_ = std::max(last_sequence_, frame.gap().last_skipped());
        handler_.OnFrame(frame);
        handler_.OnGap(frame.gap());
        break;
      case v1::WatchJobResponse::kHeartbeat:
        handler_.OnHeartbeat(frame.heartbeat());
        break;
      case v1::WatchJobResponse::kEnd:
        handler_.OnFrame(frame);
        outcome_.end = frame.end();
        break;
      default:
        break;  // a newer server's frame
    }
    if (!frame.resume_token().empty()) outcome_.resume_token = frame.resume_token();
    return absl::OkStatus();
  }

  absl::Status TakeEvent(const v1::WatchJobResponse& frame) {
    const v1::Event& event = frame.event();
    const uint64_t sequence = event.sequence();
    if (last_sequence_ != 0 && sequence <= last_sequence_)
      return absl::OkStatus();  // seen before the cut
    const bool follows = sequence == last_sequence_ + 1;
    const bool first = last_sequence_ == 0 && (options_.from_now || !options_.resume_token.empty());
    if (!follows && !first && !options_.coalesced) {
      return absl::DataLossError(absl::StrCat("the log of ", options_.job, " jumps from event ",
                                              last_sequence_, " to ", sequence));
    }
    last_sequence_ = sequence;
    handler_.OnFrame(frame);
    if (!handler_.OnEvent(event)) outcome_.stopped = true;
    return absl::OkStatus();
  }

  Connection& connection_;
  const WatchOptions& options_;
  WatchHandler& handler_;
  Interrupt& interrupt_;
  WatchOutcome outcome_;
  uint64_t last_sequence_ = 0;
  SteadyClock::time_point last_frame_;
  bool any_frame_ = false;
  bool lost_ = false;
};

}  // namespace

absl::StatusOr<WatchOutcome> WatchJob(Client& client, const WatchOptions& options,
                                      WatchHandler& handler, Interrupt& interrupt) {
  return Watcher(client, options, handler, interrupt).Run();
}

}  // namespace trainyard::client
