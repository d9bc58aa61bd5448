// WorkerService.Work: one stream to one worker, between gRPC and JobManager.
//
// Requests go to JobManager, which returns at once; answers are queued here and written one at a
// time.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include <grpcpp/support/server_callback.h>

#include "engine/base/mutex.h"
#include "server/jobs/job_manager.h"
#include "server/jobs/worker_pool.h"
#include "trainyard/v1/worker_service.pb.h"

namespace trainyard {

// gRPC holds it until OnDone; JobManager may hold it longer, and then speaks to no one.
// Thread-safe.
class WorkStream final : public grpc::ServerBidiReactor<v1::WorkRequest, v1::WorkResponse>,
                         public WorkerConnection,
                         public std::enable_shared_from_this<WorkStream> {
 public:
  // `refused`: ends the stream at once where it is not OK.
  static WorkStream* Open(JobManager& manager, const absl::Status& refused);
  explicit WorkStream(JobManager& manager) : manager_(manager) {}

  void Assign(const Assignment& assignment) override;
  void Cancel(const Lease& lease) override;
  void Drain() override;
  void Ack(const Lease& lease, uint64_t last_sequence, bool over) override;
  void Close(const absl::Status& status) override;

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // INVALID_ARGUMENT: not what comes at this place.
  absl::Status Receive();
  void Send(v1::WorkResponse response);
  void WriteNext() TRAINYARD_REQUIRES(mutex_);

  JobManager& manager_;
  // Touched by reads only, of which there is one at a time.
  v1::WorkRequest request_;
  std::string worker_;

  Mutex mutex_;
  std::deque<v1::WorkResponse> responses_ TRAINYARD_GUARDED_BY(mutex_);
  v1::WorkResponse response_ TRAINYARD_GUARDED_BY(mutex_);
  bool writing_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool finished_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> ending_ TRAINYARD_GUARDED_BY(mutex_);
  std::shared_ptr<WorkStream> self_;
};

}  // namespace trainyard
