// One channel to a server, with the rules that every call obeys: a deadline for each attempt,
// retries on UNAVAILABLE only (a server that starts, drains or was restarted) within a bounded
// time, the token in the metadata.
//
// Made by `Client` (client.h) and by streams (watch.h, download.h). Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "client/lib/interrupt.h"
#include "client/lib/settings.h"

namespace grpc {
class Channel;
class ClientContext;
class Status;
}  // namespace grpc

namespace trainyard::client {

struct CallPolicy {
  // For one attempt at a unary call.
  std::chrono::milliseconds attempt{30'000};
  // How long to go on trying while the server cannot be reached or says UNAVAILABLE.
  std::chrono::milliseconds retry_for{5'000};
};

class Connection {
 public:
  Connection(Settings settings, CallPolicy policy);

  // Runs `attempt` until it succeeds, fails for good, or the policy's time is over. `attempt` gets
  // a context with deadline and metadata.
  absl::Status Call(const std::function<grpc::Status(grpc::ClientContext&)>& attempt);

  // Waits until the server answers the door; UNAVAILABLE, with what to do, after `time`. Where
  // `interrupt` is given it cuts the wait short with CANCELLED.
  absl::Status WaitUntilConnected(std::chrono::milliseconds time,
                                  const Interrupt* interrupt = nullptr);

  // Metadata for streams, which set their own deadline.
  void Prepare(grpc::ClientContext& context) const;

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const Settings& settings() const { return settings_; }
  const CallPolicy& policy() const { return policy_; }

 private:
  const Settings settings_;
  const CallPolicy policy_;
  const std::shared_ptr<grpc::Channel> channel_;
};

// Pause before attempt `n` (0 first) after `status`: what the server asked for, else 0.1 s doubling
// to 2 s.
std::chrono::milliseconds RetryPause(const absl::Status& status, int n);

// Whether a stream was lost and not answered: a server that stops cancels its streams; one that is
// killed breaks them.
bool IsLostStream(const absl::Status& status);

}  // namespace trainyard::client
