// A download: responses that are made one at a time on the executor, the next when gRPC has taken
// the one before. Nothing waits on a thread for a slow client. Deletes itself when the call is
// over.
//
//   return ChunkStream<Response>::Run(calls, context, [reader](Response& response) ->
//   absl::StatusOr<bool> {
//     ... fill response; false at the end ...
//   });
#pragma once

#include <functional>
#include <utility>

#include <grpcpp/support/server_callback.h>

#include "absl/status/statusor.h"
#include "engine/base/status.h"
#include "server/rpc/calls.h"
#include "server/rpc/exceptions.h"
#include "server/rpc/status_mapping.h"

namespace trainyard {

template <typename Response>
class ChunkStream final : public grpc::ServerWriteReactor<Response> {
 public:
  // Fills a cleared response; false: there is none left. Called on the executor, one call at a
  // time.
  using Next = std::function<absl::StatusOr<bool>(Response&)>;

  static ChunkStream* Run(Calls& calls, grpc::CallbackServerContext* context, Next next) {
    auto* stream = new ChunkStream(calls, std::move(next));
    absl::Status status = calls.Authorize(*context);
    if (status.ok()) status = calls.Enter();
    stream->entered_ = status.ok();
    if (status.ok()) {
      stream->Step();
    } else {
      stream->Finish(ToGrpcStatus(status));
    }
    return stream;
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      Step();
    } else {
      this->Finish(grpc::Status::CANCELLED);
    }
  }
  void OnDone() override {
    if (entered_) calls_.Leave();
    delete this;
  }

 private:
  ChunkStream(Calls& calls, Next next) : calls_(calls), next_(std::move(next)) {}

  void Step() {
    calls_.executor().Post([this] {
      bool more = false;
      const absl::Status status = CatchExceptions([&]() -> absl::Status {
        response_.Clear();
        ASSIGN_OR_RETURN(more, next_(response_));
        return absl::OkStatus();
      });
      if (status.ok() && more) {
        this->StartWrite(&response_);
      } else {
        this->Finish(ToGrpcStatus(status));
      }
    });
  }

  Calls& calls_;
  const Next next_;
  Response response_;
  bool entered_ = false;
};

}  // namespace trainyard
