// WatchStudy: streams that are cursors into the log of a study, as those of WatchJob are into that
// of a job (watch_stream.h): a slice is read on the executor, its frames are written one at a time,
// and then the stream waits until something was published. A slow reader lags, and a stream holds
// one slice at most. Every frame has a token for "all up to here".
//
//   StudyWatches watches(calls, jobs, studies, notifier, clock, limit);
//   ... in StudyService: return watches.Open(context, request);
//   ... every 100 ms or so: watches.Tick();          // heartbeats; wakes those who wait
//   ... at the end: watches.Stop(); grpc_server->Shutdown(deadline);
//
// A study has many jobs: in place of a watch for each, a stream looks again when any job moved,
// which is one read a tick at most. Thread-safe. Outlives the gRPC server.
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
#include "server/store/study_store.h"
#include "trainyard/v1/study_service.pb.h"

namespace trainyard {

class StudyStream;

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
        limit_(limit) {}

  Reactor* Open(grpc::CallbackServerContext* context, const v1::WatchStudyRequest* request);
  void Tick();
  // Ends every stream, also those that are yet to come, with UNAVAILABLE SERVER_STOPPING.
  void Stop();
  size_t open() const;

 private:
  friend class StudyStream;
  void Remove(uint64_t id);
  std::vector<std::shared_ptr<StudyStream>> Streams() const;

  Calls& calls_;
  const JobStore& jobs_;
  const StudyStore& studies_;
  const Notifier& notifier_;
  const Clock& clock_;
  const size_t limit_;
  mutable Mutex mutex_;
  bool stopping_ TRAINYARD_GUARDED_BY(mutex_) = false;
  uint64_t next_id_ TRAINYARD_GUARDED_BY(mutex_) = 1;
  std::map<uint64_t, std::weak_ptr<StudyStream>> streams_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
