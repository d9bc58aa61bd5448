// The server's side of UploadContents: frames that are written one at a time on an executor, the
// next read when the one before is on its way to disk, so that a fast client is held back and a
// slow one holds no thread. One that says nothing for long is cut off; what came is kept.
//
// Thread-safe. Outlives the gRPC server.
#pragma once

#include <chrono>
#include <set>

#include <grpcpp/support/server_callback.h>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "server/datasets/content_store.h"
#include "server/rpc/calls.h"
#include "trainyard/v1/data_service.pb.h"

namespace trainyard {

class UploadStreams {
 public:
  // `calls`: for what blocks on the disk.
  UploadStreams(Calls& calls, ContentStore& contents, const Clock& clock)
      : calls_(calls), contents_(contents), clock_(clock) {}

  grpc::ServerReadReactor<v1::UploadContentsRequest>* Open(grpc::CallbackServerContext* context,
                                                           v1::UploadContentsResponse* response);
  // Cuts off those that have been silent for too long. Call it every second or so.
  void Tick();

 private:
  class Stream;

  Calls& calls_;
  ContentStore& contents_;
  const Clock& clock_;
  Mutex mutex_;
  std::set<Stream*> open_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
