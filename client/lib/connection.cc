#include "client/lib/connection.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/lib/errors.h"

namespace trainyard::client {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{2'000};
constexpr milliseconds kConnectSlice{200};
constexpr int kMaxReceiveBytes = 64 << 20;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& server) {
  grpc::ChannelArguments arguments;
  // A restarted server is found again in tenths of a second, not in gRPC's default of up to two
  // minutes.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  // Our own retry loop decides, from one place.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // Each Connection has its own socket: two of them in one process do not share fates.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

bool IsLostStream(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsCancelled(status);
}

milliseconds RetryPause(const absl::Status& status, int n) {
  if (const auto asked = RetryDelayOf(status))
    return std::clamp(*asked, milliseconds(0), kLongestPause);
  return std::min(kLongestPause, kFirstPause * (1 << std::min(n, 10)));
}

Connection::Connection(Settings settings, CallPolicy policy)
    : settings_(std::move(settings)), policy_(policy), channel_(MakeChannel(settings_.server)) {}

void Connection::Prepare(grpc::ClientContext& context) const {
  if (!settings_.token.empty()) context.AddMetadata("authorization", "Bearer " + settings_.token);
  context.set_wait_for_ready(true);
}

absl::Status Connection::WaitUntilConnected(milliseconds time, const Interrupt* interrupt) {
  const auto end = SteadyClock::now() + time;
  while (true) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - SteadyClock::now());
    const auto slice = std::clamp(left, milliseconds(0), kConnectSlice);
    if (channel_->WaitForConnected(std::chrono::system_clock::now() + slice))
      return absl::OkStatus();
    if (interrupt != nullptr && interrupt->triggered()) return absl::CancelledError("interrupted");
    if (left <= slice) break;
  }
  return absl::UnavailableError(
      absl::StrCat("no server answers at ", settings_.server, " (", settings_.server_origin,
                   "); start one with 'trainyard up', or name another with "
                   "--server HOST:PORT or TRAINYARD_SERVER"));
}

absl::Status Connection::Call(const std::function<grpc::Status(grpc::ClientContext&)>& attempt) {
  const auto end = SteadyClock::now() + policy_.retry_for;
  for (int n = 0;; ++n) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - SteadyClock::now());
    absl::Status status = WaitUntilConnected(std::max(left, milliseconds(0)));
    if (!status.ok()) return status;
    grpc::ClientContext context;
    Prepare(context);
    context.set_deadline(std::chrono::system_clock::now() + policy_.attempt);
    status = FromGrpc(attempt(context));
    if (status.code() != absl::StatusCode::kUnavailable) return status;
    const milliseconds pause = RetryPause(status, n);
    if (SteadyClock::now() + pause >= end) return status;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace trainyard::client
