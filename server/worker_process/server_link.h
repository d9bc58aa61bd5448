// The worker's line to its server: dials, says Hello, hands over assignments, sends events, and
// dials again whenever the line breaks, for as long as `give_up` allows. What was not acked is sent
// again, so a server that was killed and restarted misses nothing.
//
//   ServerLink link(options);
//   while (std::optional<Job> job = link.NextJob()) {
//     ... link.Emit(*job, event) ...           // blocks while too much is unacked
//     link.Done(*job, preempted);
//   }
//   link.Close();                              // what is left is delivered
//
// A job may lose its lease while it runs, and the next may be assigned before it has stopped: what
// is said of a job counts only while its own lease is held.
//
// Two threads of its own: one dials and reads, one writes. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/cancel.h"
#include "engine/base/mutex.h"
#include "server/worker_process/outbox.h"
#include "trainyard/v1/worker_service.grpc.pb.h"

namespace trainyard {

class ServerLink {
 public:
  struct Options {
    // "unix:<data>/run/worker.sock".
    std::string address;
    std::string secret;
    std::string worker;
    std::string isa;
    // How long the server may be away while there is a job, and while there is none.
    std::chrono::nanoseconds give_up = std::chrono::minutes(10);
    std::chrono::nanoseconds give_up_idle = std::chrono::minutes(1);
    // How long events wait for others; the first after a pause does not.
    std::chrono::nanoseconds flush_interval = std::chrono::milliseconds(20);
    // Many of them fit into the time after which the server gives a worker up.
    std::chrono::nanoseconds heartbeat_interval = std::chrono::seconds(5);
  };

  struct Job {
    v1::WorkResponse::Assign assignment;
    // Cancelled by the server, by a drain, or because the lease was lost.
    std::shared_ptr<CancelToken> cancel;

    const v1::Lease& lease() const { return assignment.lease(); }
  };

  explicit ServerLink(Options options);
  ~ServerLink();
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  // The next assignment; nothing where the worker is to end. What is assigned after that goes back
  // to the server.
  std::optional<Job> NextJob();
  // Blocks while too much waits for the server's disk; drops events of a lost lease.
  void Emit(const Job& job, v1::Event event);
  // The job is over; its lease ends once everything before is delivered.
  void Done(const Job& job, bool preempted);
  // Also what SIGTERM does: the current job is to checkpoint and stop, and there is no next one.
  void Drain();
  // Delivers what is left and hangs up.
  void Close();

  // Files, with retries while the server is away. FAILED_PRECONDITION: the lease was lost.
  absl::Status Upload(const Job& job, const v1::Artifact& artifact, const std::string& bytes);
  absl::StatusOr<std::string> Fetch(const Job& job, const v1::Artifact& artifact);

  // The server was away for too long.
  bool gave_up() const;

 private:
  using Stream = grpc::ClientReaderWriter<v1::WorkRequest, v1::WorkResponse>;

  void ReadLoop();
  void WriteLoop();
  // Waits until there is a reason to dial; false: there will be none.
  bool WaitToDial();
  // One stream, from Hello to its end.
  grpc::Status Converse();
  void Handle(v1::WorkResponse response);
  void BeginLease(v1::WorkResponse::Assign assignment) TRAINYARD_REQUIRES(mutex_);
  void DropLease() TRAINYARD_REQUIRES(mutex_);
  void GiveUp() TRAINYARD_REQUIRES(mutex_);
  // No lease is held, or no server will hear of it.
  bool Free() const TRAINYARD_REQUIRES(mutex_) { return gave_up_ || !lease_.has_value(); }
  // The job's lease is not the one that is held.
  bool Lost(const Job& job) const TRAINYARD_REQUIRES(mutex_);
  // The worker hangs up, and nothing is left to be said before.
  bool Quiet() const TRAINYARD_REQUIRES(mutex_) { return closing_ && Free(); }
  bool HasSomethingToSay() const TRAINYARD_REQUIRES(mutex_);
  // Until the next heartbeat is due; not above zero: it is.
  std::chrono::nanoseconds UntilHeartbeat() const TRAINYARD_REQUIRES(mutex_);
  // The next thing to write to `stream`; nothing: hang up, or where `stream` is null, end.
  std::optional<v1::WorkRequest> NextRequest(std::shared_ptr<Stream>& stream);
  void Authorize(grpc::ClientContext& context) const;
  // Runs `call` until the server was there to answer it, or the job's lease is lost.
  absl::Status Retry(const Job& job, const std::function<absl::Status()>& call);

  const Options options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;

  mutable Mutex mutex_;
  CondVar changed_;
  // Null while there is no line.
  std::shared_ptr<Stream> stream_ TRAINYARD_GUARDED_BY(mutex_);
  // The server has said what it knows of the lease in Hello: only then is more said of it.
  bool answered_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool writing_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point last_write_ TRAINYARD_GUARDED_BY(mutex_);
  // Or Hello.
  std::chrono::steady_clock::time_point last_heartbeat_ TRAINYARD_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point last_contact_ TRAINYARD_GUARDED_BY(mutex_);
  // Of the current job, until its end is acked or it is lost.
  std::optional<v1::Lease> lease_ TRAINYARD_GUARDED_BY(mutex_);
  std::shared_ptr<CancelToken> cancel_ TRAINYARD_GUARDED_BY(mutex_);
  Outbox outbox_ TRAINYARD_GUARDED_BY(mutex_);
  std::optional<Job> next_job_ TRAINYARD_GUARDED_BY(mutex_);
  // Between NextJob() and Done(). A worker that lost its lease says Hello again only when its job
  // has stopped.
  bool busy_ TRAINYARD_GUARDED_BY(mutex_) = false;
  // What Done() said.
  std::optional<bool> preempted_ TRAINYARD_GUARDED_BY(mutex_);
  bool done_sent_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool draining_ TRAINYARD_GUARDED_BY(mutex_) = false;
  // NextJob() has given nothing: nobody will run what is assigned now.
  bool leaving_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool closing_ TRAINYARD_GUARDED_BY(mutex_) = false;
  bool gave_up_ TRAINYARD_GUARDED_BY(mutex_) = false;
  // The reader has ended: nothing will be sent or received any more.
  bool ended_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::thread reader_;
  std::thread writer_;
};

}  // namespace trainyard
