// WatchStudy: streams that are cursors into the log of a study (cursor_stream.h).
//
//   StudyWatches watches(calls, jobs, studies, notifier, clock, limit);
//   ... in StudyService: return watches.Open(context, request);
//   ... every 100 ms or so: watches.Tick();          // heartbeats; wakes those who wait
//   ... at the end: watches.Stop(); grpc_server->Shutdown(deadline);
//
// A study has many jobs: in place of a watch for each, a stream looks again when any job moved,
// which is one read a tick at most. Thread-safe. Outlives the gRPC server.
#pragma once

#include "engine/base/clock.h"
#include "server/api/cursor_stream.h"
#include "server/jobs/notifier.h"
#include "server/rpc/calls.h"
#include "server/store/job_store.h"
#include "server/store/study_store.h"
#include "trainyard/v1/study_service.pb.h"

namespace trainyard {

class StudyWatches {
 public:
  using Reactor = grpc::ServerWriteReactor<v1::WatchStudyResponse>;

  // `limit`: streams open at a time; beyond it RESOURCE_EXHAUSTED WATCH_LIMIT.
  StudyWatches(Calls& calls, const JobStore& jobs, const StudyStore& studies,
               const Notifier& notifier, const Clock& clock, size_t limit)
      : calls_(calls),
        jobs_(jobs),
        studies_(studies),
        notifier_(notifier),
        clock_(clock),
        streams_("watches of studies", limit) {}

  Reactor* Open(grpc::CallbackServerContext* context, const v1::WatchStudyRequest* request);
  void Tick() { streams_.Tick(clock_.Monotonic()); }
  // Ends every stream, also those that are yet to come, with UNAVAILABLE SERVER_STOPPING.
  void Stop() { streams_.Stop(); }
  size_t open() const { return streams_.open(); }

 private:
  Calls& calls_;
  const JobStore& jobs_;
  const StudyStore& studies_;
  const Notifier& notifier_;
  const Clock& clock_;
  CursorStreams<v1::WatchStudyResponse> streams_;
};

}  // namespace trainyard
