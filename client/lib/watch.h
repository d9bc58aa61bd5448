// Follows a job's log, over broken connections and restarts of the server.
//
// The stream resumes with the last token that was received, so that the handler sees each event
// once and in order; a hole in the sequence that no Gap frame explains is DATA_LOSS. Only `End`
// ends a watch: a stream that closes without it was lost, and is resumed. Blocks the calling
// thread; the handler is called there.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client/lib/client.h"
#include "client/lib/interrupt.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard::client {

class WatchHandler {
 public:
  virtual ~WatchHandler() = default;
  // Every frame but heartbeats, as it came, before it is taken apart. Never one twice.
  virtual void OnFrame(const v1::WatchJobResponse& frame) {}
  // False ends the watch.
  virtual bool OnEvent(const v1::Event& event) = 0;
  virtual void OnGap(const v1::WatchJobResponse::Gap& gap) {}
  virtual void OnHeartbeat(const v1::WatchJobResponse::Heartbeat& heartbeat) {}
  // The stream broke and is being resumed; called once until frames flow again.
  virtual void OnLost(const absl::Status& status) {}
  virtual void OnResumed() {}
};

struct WatchOptions {
  // "jobs/...".
  std::string job;
  std::string resume_token;
  bool from_now = false;
  // Latest values only where this side is too slow, see WatchJobRequest.Delivery.
  bool coalesced = false;
  // How long to look for a lost server before giving up.
  std::chrono::milliseconds reconnect_for{300'000};
  // Ends the watch with `timed_out`.
  std::optional<std::chrono::steady_clock::time_point> deadline;
};

struct WatchOutcome {
  // Set where the job's log has ended.
  std::optional<v1::WatchJobResponse::End> end;
  bool stopped = false;      // the handler returned false
  bool interrupted = false;  // Ctrl-C
  bool timed_out = false;
  // For everything that the handler has seen.
  std::string resume_token;
};

absl::StatusOr<WatchOutcome> WatchJob(Client& client, const WatchOptions& options,
                                      WatchHandler& handler, Interrupt& interrupt);

}  // namespace trainyard::client
