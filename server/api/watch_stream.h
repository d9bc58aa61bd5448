// WatchJob: streams that are cursors into a job's log.
//
// A stream reads a slice of the log on the executor, writes its frames one at a time (the next when
// gRPC has taken the one before), and then waits at the Notifier. A slow reader therefore lags;
// nothing waits for it, and a stream holds one slice at most. Every frame has a token for "all up
// to here", so that frames of any schedule of cuts and reconnects, put together, are the log.
//
//   Watches watches(calls, jobs, notifier, clock, limit);
//   ... in JobService: return watches.Open(context, request);
//   ... every 100 ms or so: watches.Tick();          // heartbeats, replays
//   ... at the end: watches.Stop(); grpc_server->Shutdown(deadline);
//
// Thread-safe. Outlives the gRPC server.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/support/server_callback.h>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "server/jobs/notifier.h"
#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "trainyard/v1/job_service.pb.h"

namespace trainyard {

class WatchStream;

class Watches {
 public:
  using Reactor = grpc::ServerWriteReactor<v1::WatchJobResponse>;

  // `limit`: streams open at a time; beyond it RESOURCE_EXHAUSTED WATCH_LIMIT.
  Watches(Calls& calls, const JobStore& jobs, Notifier& notifier, const Clock& clock, size_t limit)
      : calls_(calls), jobs_(jobs), notifier_(notifier), clock_(clock), limit_(limit) {}

  Reactor* Open(grpc::CallbackServerContext* context, const v1::WatchJobRequest* request);
  // Sends the heartbeats and the replayed events that are due.
  void Tick();
  // Ends every stream, also those that are yet to come, with UNAVAILABLE SERVER_STOPPING.
  void Stop();
  size_t open() const;

 private:
  friend class WatchStream;
  void Remove(uint64_t id);
  std::vector<std::shared_ptr<WatchStream>> Streams() const;

  Calls& calls_;
  const JobStore& jobs_;
  Notifier& notifier_;
  const Clock& clock_;
  const size_t limit_;
  mutable Mutex mutex_;
  bool stopping_ TRAINYARD_GUARDED_BY(mutex_) = false;
  uint64_t next_id_ TRAINYARD_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, std::weak_ptr<WatchStream>> streams_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
