// WatchJob: streams that are cursors into a job's log (cursor_stream.h), and wait at the Notifier.
//
//   Watches watches(calls, jobs, notifier, clock, limit);
//   ... in JobService: return watches.Open(context, request);
//   ... every 100 ms or so: watches.Tick();          // heartbeats, replays
//   ... at the end: watches.Stop(); grpc_server->Shutdown(deadline);
//
// Thread-safe. Outlives the gRPC server.
#pragma once

#include "engine/base/clock.h"
#include "server/api/cursor_stream.h"
#include "server/jobs/notifier.h"
#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard {

class Watches {
 public:
  using Reactor = grpc::ServerWriteReactor<v1::WatchJobResponse>;

  // `limit`: streams open at a time; beyond it RESOURCE_EXHAUSTED WATCH_LIMIT.
  Watches(Calls& calls, const JobStore& jobs, Notifier& notifier, const Clock& clock, size_t limit)
      : calls_(calls),
        jobs_(jobs),
        notifier_(notifier),
        clock_(clock),
        streams_("watches", limit) {}

  Reactor* Open(grpc::CallbackServerContext* context, const v1::WatchJobRequest* request);
  // Sends the heartbeats and the replayed events that are due.
  void Tick() { streams_.Tick(clock_.Monotonic()); }
  // Ends every stream, also those that are yet to come, with UNAVAILABLE SERVER_STOPPING.
  void Stop() { streams_.Stop(); }
  size_t open() const { return streams_.open(); }

 private:
  Calls& calls_;
  const JobStore& jobs_;
  Notifier& notifier_;
  const Clock& clock_;
  CursorStreams<v1::WatchJobResponse> streams_;
};

}  // namespace trainyard
