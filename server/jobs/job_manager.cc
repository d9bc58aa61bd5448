#include "server/jobs/job_manager.h"

#include <utility>

#include "server/jobs/dispatcher.h"

namespace trainyard {

JobManager::JobManager(JobManagerOptions options, Store& store, ArtifactStore& artifacts,
                       Notifier& notifier, WorkerProcesses& processes, Executor& executor,
                       Executor& readers, const Clock& clock)
    : dispatcher_(std::make_shared<Dispatcher>(std::move(options), store, artifacts, notifier,
                                               processes, executor, readers, clock)) {}
JobManager::~JobManager() = default;

absl::Status JobManager::Recover() { return dispatcher_->Recover(); }
JobCounts JobManager::counts() const { return dispatcher_->counts(); }

void JobManager::Create(NewJob job, JobCallback done) {
  auto shared = std::make_shared<NewJob>(std::move(job));
  Post([=](Dispatcher& dispatcher) { dispatcher.Create(std::move(*shared), done); });
}

void JobManager::CreateAll(std::vector<NewJob> jobs, WithinCreation within,
                           std::function<void(absl::Status)> done) {
  auto shared = std::make_shared<std::vector<NewJob>>(std::move(jobs));
  Post([=](Dispatcher& dispatcher) { dispatcher.CreateAll(std::move(*shared), within, done); });
}

void JobManager::Cancel(std::string name, std::string request_id, std::string request_hash,
                        JobCallback done) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Cancel(name, request_id, request_hash, done); });
}

void JobManager::Stop(std::string name, std::string reason, std::string message, JobCallback done) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Stop(name, reason, message, done); });
}

void JobManager::OnWorkerHello(WorkerHello hello, Connection connection) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Hello(hello, connection); });
}

void JobManager::OnReport(Connection connection, Lease lease, uint64_t first_sequence,
                          std::vector<v1::Event> events) {
  auto shared = std::make_shared<std::vector<v1::Event>>(std::move(events));
  Post([=](Dispatcher& dispatcher) {
    dispatcher.Report(connection, lease, first_sequence, std::move(*shared));
  });
}

void JobManager::OnDone(Connection connection, Lease lease, bool preempted) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Done(connection, lease, preempted); });
}

void JobManager::OnHeartbeat(Connection connection) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Heartbeat(connection); });
}

void JobManager::OnWorkerDisconnected(std::string worker, Connection connection) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Disconnected(worker, connection); });
}

void JobManager::OnWorkerExited(std::string worker, std::string how) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Exited(worker, how); });
}

void JobManager::Tick() {
  Post([](Dispatcher& dispatcher) { dispatcher.Tick(); });
}

void JobManager::Drain(std::function<void()> done) {
  Post([=](Dispatcher& dispatcher) { dispatcher.Drain(done); });
}

void JobManager::Post(std::function<void(Dispatcher&)> task) {
  // The task holds the dispatcher, and with it the strand that it runs on.
  dispatcher_->strand().Post(
      [dispatcher = dispatcher_, task = std::move(task)] { task(*dispatcher); });
}

}  // namespace trainyard
