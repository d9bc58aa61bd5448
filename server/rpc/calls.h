// How calls of the public API run: authorised, counted, handed to the executor, answered. A handler
// never blocks a thread of gRPC.
//
//   grpc::ServerUnaryReactor* GetJob(grpc::CallbackServerContext* context, const v1::GetJobRequest*
//   request,
//                                    v1::Job* response) override {
//     return calls_.Run(context, [=, this] { return Get(*request, *response); });
//   }
//
// Thread-safe. Outlives the gRPC server.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "server/jobs/executor.h"
#include "server/rpc/authorizer.h"

namespace trainyard {

class Calls {
 public:
  using Done = std::function<void(absl::Status)>;

  // At most `limit` calls wait or run at a time; the others are UNAVAILABLE SERVER_BUSY.
  Calls(const Authorizer& authorizer, Executor& executor, int limit)
      : authorizer_(authorizer), executor_(executor), limit_(limit) {}

  // `work` is called on the executor and may use request and response until it returns its status.
  grpc::ServerUnaryReactor* Run(grpc::CallbackServerContext* context,
                                std::function<absl::Status()> work) {
    return RunAsync(context, [work = std::move(work)](const Done& done) { done(work()); });
  }
  // `work` calls the function that it is given exactly once, from any thread, then or later;
  // request and response live until then. What it throws is answered as CatchExceptions says,
  // unless it has handed the function on: then that answers.
  grpc::ServerUnaryReactor* RunAsync(grpc::CallbackServerContext* context,
                                     std::function<void(Done)> work);

  // Counts a call that runs otherwise, for example a download; Leave where the answer was OK.
  absl::Status Enter();
  void Leave() { running_.fetch_sub(1); }

  absl::Status Authorize(const grpc::CallbackServerContext& context) const {
    return authorizer_.Check(context);
  }
  Executor& executor() { return executor_; }

 private:
  class Answer;

  const Authorizer& authorizer_;
  Executor& executor_;
  const int limit_;
  std::atomic<int> running_{0};
};

}  // namespace trainyard
