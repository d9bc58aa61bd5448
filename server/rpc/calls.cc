#include "server/rpc/calls.h"

#include "server/rpc/status_mapping.h"

namespace trainyard {

absl::Status Calls::Enter() {
  if (running_.fetch_add(1) < limit_) return absl::OkStatus();
  running_.fetch_sub(1);
  return UnavailableError("SERVER_BUSY", "the server is busy; try again");
}

grpc::ServerUnaryReactor* Calls::RunAsync(grpc::CallbackServerContext* context,
                                          std::function<void(Done)> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status status = Authorize(*context);
  if (status.ok()) status = Enter();
  if (!status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
  executor_.Post([this, context, reactor, work = std::move(work)] {
    const auto finish = [this, reactor](const grpc::Status& status) {  // exactly once
      Leave();
      reactor->Finish(status);
    };
    // Nobody waits for the answer any more: not worth the work.
    if (context->IsCancelled()) return finish(grpc::Status::CANCELLED);
    work([finish](const absl::Status& status) { finish(ToGrpcStatus(status)); });
  });
  return reactor;
}

}  // namespace trainyard
