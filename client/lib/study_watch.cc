#include "client/lib/study_watch.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/lib/errors.h"
#include "engine/base/status.h"
#include "trainyard/v1/study_service.grpc.pb.h"

namespace trainyard::client {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

class Watcher {
 public:
  Watcher(Client& client, const StudyWatchOptions& options, StudyWatchHandler& handler,
          Interrupt& interrupt)
      : connection_(client.connection()),
        options_(options),
        handler_(handler),
        interrupt_(interrupt) {}

  absl::StatusOr<std::optional<v1::WatchJobResponse::End>> Run() {
    // The first connection has the patience of every other call, a lost one that of a long study.
    milliseconds patience = connection_.policy().retry_for;
    last_frame_ = SteadyClock::now();
    for (int failures = 0; !interrupt_.triggered(); ++failures) {
      const auto left =
          patience - std::chrono::duration_cast<milliseconds>(SteadyClock::now() - last_frame_);
      absl::Status status =
          connection_.WaitUntilConnected(std::max(left, milliseconds(0)), &interrupt_);
      if (status.ok()) {
        const auto frame_before = last_frame_;
        status = Stream();
        if (end_.has_value()) return end_;
        if (last_frame_ != frame_before) failures = 0;
        if (any_frame_) patience = options_.reconnect_for;
      }
      if (interrupt_.triggered()) break;
      if (!IsLostStream(status) || SteadyClock::now() - last_frame_ >= patience) return status;
      if (any_frame_ && !lost_) {
        lost_ = true;
        handler_.OnLost(status);
      }
      interrupt_.SleepFor(RetryPause(status, failures));
    }
    return std::nullopt;
  }

 private:
  // One stream, to its end or loss.
  absl::Status Stream() {
    v1::WatchStudyRequest request;
    request.set_name(options_.study);
    request.set_resume_token(resume_token_);
    request.set_heartbeat_seconds(1);
    grpc::ClientContext context;
    connection_.Prepare(context);
    Interrupt::Scope scope(interrupt_, [&context] { context.TryCancel(); });
    const auto stub = v1::StudyService::NewStub(connection_.channel());
    const auto reader = stub->WatchStudy(&context, request);
    v1::WatchStudyResponse frame;
    absl::Status status;
    while (status.ok() && !end_.has_value() && reader->Read(&frame)) status = Take(frame);
    if (!status.ok()) context.TryCancel();
    const absl::Status closed = FromGrpc(reader->Finish());
    if (!status.ok()) return status;
    if (!closed.ok()) return closed;
    return absl::UnavailableError("the stream closed before the end of the study");
  }

  absl::Status Take(const v1::WatchStudyResponse& frame) {
    last_frame_ = SteadyClock::now();
    any_frame_ = true;
    if (lost_) {
      lost_ = false;
      handler_.OnResumed();
    }
    if (frame.has_event()) RETURN_IF_ERROR(TakeEvent(frame.event()));
    if (frame.has_heartbeat()) handler_.OnQuiet();
    if (frame.has_end()) end_ = frame.end();
    if (!frame.resume_token().empty()) resume_token_ = frame.resume_token();
    return absl::OkStatus();
  }

  absl::Status TakeEvent(const v1::StudyEvent& event) {
    if (event.sequence() <= last_sequence_) return absl::OkStatus();  // seen before the cut
    if (event.sequence() != last_sequence_ + 1) {
      return absl::DataLossError(absl::StrCat("the log of ", options_.study, " jumps from event ",
                                              last_sequence_, " to ", event.sequence()));
    }
    last_sequence_ = event.sequence();
    handler_.OnEvent(event);
    return absl::OkStatus();
  }

  Connection& connection_;
  const StudyWatchOptions& options_;
  StudyWatchHandler& handler_;
  Interrupt& interrupt_;
  std::optional<v1::WatchJobResponse::End> end_;
  std::string resume_token_;
  uint64_t last_sequence_ = 0;
  SteadyClock::time_point last_frame_;
  bool any_frame_ = false;
  bool lost_ = false;
};

}  // namespace

absl::StatusOr<std::optional<v1::WatchJobResponse::End>> WatchStudy(
    Client& client, const StudyWatchOptions& options, StudyWatchHandler& handler,
    Interrupt& interrupt) {
  return Watcher(client, options, handler, interrupt).Run();
}

}  // namespace trainyard::client
