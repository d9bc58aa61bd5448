#include "server/rpc/calls.h"

#include <memory>

#include "server/rpc/exceptions.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {

absl::Status Calls::Enter() {
  if (running_.fetch_add(1) < limit_) return absl::OkStatus();
  running_.fetch_sub(1);
  return UnavailableError("SERVER_BUSY", "the server is busy; try again");
}

// The answer of one call, given once: by whoever holds it, or by the task that began the work where
// that ended with an exception.
class Calls::Answer {
 public:
  Answer(Calls& calls, grpc::ServerUnaryReactor& reactor) : calls_(calls), reactor_(reactor) {}

  void Give(const grpc::Status& status) {
    if (given_.exchange(true)) return;
    calls_.Leave();
    reactor_.Finish(status);
  }

 private:
  Calls& calls_;
  grpc::ServerUnaryReactor& reactor_;
  std::atomic<bool> given_{false};
};

grpc::ServerUnaryReactor* Calls::RunAsync(grpc::CallbackServerContext* context,
                                          std::function<void(Done)> work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::Status status = Authorize(*context);
  if (status.ok()) status = Enter();
  if (!status.ok()) {
    reactor->Finish(ToGrpcStatus(status));
    return reactor;
  }
  const auto answer = std::make_shared<Answer>(*this, *reactor);
  executor_.Post([context, answer, work = std::move(work)] {
    // Nobody waits for the answer any more: not worth the work.
    if (context->IsCancelled()) return answer->Give(grpc::Status::CANCELLED);
    const long holders = answer.use_count();
    const absl::Status thrown = CatchExceptions([&] {
      work([answer](const absl::Status& status) { answer->Give(ToGrpcStatus(status)); });
      return absl::OkStatus();
    });
    // Where something else holds the answer by now, that gives it, and may still use the response.
    if (!thrown.ok() && answer.use_count() == holders) answer->Give(ToGrpcStatus(thrown));
  });
  return reactor;
}

}  // namespace trainyard
