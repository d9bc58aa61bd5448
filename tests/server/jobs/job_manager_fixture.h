// A JobManager on a real store, with workers that are played by the test and an executor and a
// clock that the test moves.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/jobs/job_manager.h"
#include "server/store/artifact_references.h"
#include "server/store/job_store.h"
#include "tests/server/store/support.h"
#include "tests/server/support/manual_executor.h"

namespace trainyard {

// A stream to a worker that writes down what it is told.
class FakeConnection final : public WorkerConnection {
 public:
  void Assign(const Assignment& assignment) override { assignments.push_back(assignment); }
  void Cancel(const Lease& lease) override { cancels.push_back(lease); }
  void Drain() override { ++drains; }
  void Ack(const Lease& lease, uint64_t last_sequence, bool over) override {
    acknowledged = last_sequence;
    overs += over;
  }
  void Close(const absl::Status& status) override { closed = status; }

  std::vector<Assignment> assignments;
  std::vector<Lease> cancels;
  int drains = 0;
  int overs = 0;
  std::optional<uint64_t> acknowledged;
  std::optional<absl::Status> closed;
};

class FakeProcesses final : public WorkerProcesses {
 public:
  absl::StatusOr<WorkerProcess> Start(const std::string& worker) override {
    ++starts;
    if (refuse) return absl::ResourceExhaustedError("no processes left");
    alive.insert(++last_id);
    started.push_back({worker, last_id, StartTimeOf(last_id)});
    return started.back();
  }
  bool IsAlive(const WorkerProcess& process) const override {
    return alive.count(process.process_id) != 0 &&
           process.start_time == StartTimeOf(process.process_id);
  }
  absl::StatusOr<uint64_t> StartTime(int64_t process_id) const override {
    if (alive.count(process_id) == 0) return absl::NotFoundError("gone");
    return StartTimeOf(process_id);
  }
  void Kill(const WorkerProcess& process) override {
    killed.push_back(process.worker);
    alive.erase(process.process_id);
  }
  static uint64_t StartTimeOf(int64_t process_id) {
    return 1000 + static_cast<uint64_t>(process_id);
  }

  bool refuse = false;
  int starts = 0;
  int64_t last_id = 100;
  std::vector<WorkerProcess> started;
  std::set<int64_t> alive;
  std::vector<std::string> killed;
};

using FakeLink = std::shared_ptr<FakeConnection>;

class JobManagerTest : public StoreTest {
 protected:
  JobManagerTest() {
    options_.capacity = {2, uint64_t{8} << 30};
    options_.random = [this] { return ++random_; };
    Begin();
  }
  ~JobManagerTest() override { Stop(); }

  void Begin() {
    artifacts_ = std::make_unique<ArtifactStore>(*store_, ArtifactStore::Options());
    jobs_ = std::make_unique<JobStore>(*store_);
    notifier_ = std::make_unique<Notifier>(
        executor_, [this](const std::string& job) { return jobs_->LastSequence(job); });
    manager_ = std::make_unique<JobManager>(options_, *store_, *artifacts_, *notifier_, processes_,
                                            executor_, readers_, clock_);
    ASSERT_OK(manager_->Recover());
    Settle();
  }
  void Stop() {
    store_->Close();
    readers_.RunAll();
    executor_.RunAll();
    manager_.reset();
  }
  // As after kill -9 of the server: the memory is gone, the disk and the workers are there.
  void Restart() {
    Stop();
    Reopen();
    Begin();
  }

  // Until nothing is on its way between the strand and the disk.
  void Settle() {
    do {
      store_->Flush();
    } while (executor_.RunAll() + readers_.RunAll() > 0);
  }
  // Second by second; workers with a stream are heard, but those in frozen_.
  void Advance(std::chrono::nanoseconds by) {
    for (constexpr std::chrono::nanoseconds kStep = std::chrono::seconds(1); by.count() > 0;
         by -= kStep) {
      clock_.Advance(std::min(by, kStep));
      for (const auto& [worker, link] : links_) {
        if (frozen_.count(worker) == 0) manager_->OnHeartbeat(link);
      }
      manager_->Tick();
      Settle();
    }
  }
  // Without a tick meanwhile: everything stands still.
  void Pause(std::chrono::nanoseconds by) {
    clock_.Advance(by);
    manager_->Tick();
    Settle();
  }

  absl::StatusOr<v1::Job> Create(NewJob job) {
    absl::StatusOr<v1::Job> result = absl::UnknownError("no answer");
    manager_->Create(std::move(job),
                     [&](absl::StatusOr<v1::Job> answer) { result = std::move(answer); });
    Settle();
    return result;
  }
  static NewJob Request(const std::string& label, uint32_t cores = 1, int32_t priority = 0) {
    NewJob job;
    job.specification = Named(label);
    job.specification.mutable_resources()->set_cores(cores);
    job.priority = priority;
    return job;
  }
  std::string Submit(const std::string& label, uint32_t cores = 1) {
    const auto job = Create(Request(label, cores));
    EXPECT_OK(job.status());
    return job.ok() ? job->name() : "";
  }
  absl::StatusOr<v1::Job> CancelJobNow(const std::string& name) {
    absl::StatusOr<v1::Job> result = absl::UnknownError("no answer");
    manager_->Cancel(name, "", "",
                     [&](absl::StatusOr<v1::Job> answer) { result = std::move(answer); });
    Settle();
    return result;
  }

  // The worker of a started process dials.
  FakeLink Dial(const WorkerProcess& process, const Lease& lease = {}) {
    auto connection = std::make_shared<FakeConnection>();
    links_[process.worker] = connection;
    manager_->OnWorkerHello({process.worker, process.process_id, "avx2", lease}, connection);
    Settle();
    return connection;
  }
  FakeLink DialNewest() { return Dial(processes_.started.back()); }
  // A worker with a fresh job.
  struct Running {
    WorkerProcess process;
    FakeLink connection;
    Lease lease;
    std::string job;
  };
  Running Start(const std::string& label) {
    Running running;
    running.process = processes_.started.back();
    running.connection = Dial(running.process);
    running.job = Submit(label);
    EXPECT_EQ(running.connection->assignments.size(), 1u);
    if (!running.connection->assignments.empty())
      running.lease = running.connection->assignments.back().lease;
    return running;
  }
  void Report(const Running& running, uint64_t first, std::vector<v1::Event> events) {
    manager_->OnReport(running.connection, running.lease, first, std::move(events));
    Settle();
  }
  void Done(const Running& running, bool preempted = false) {
    manager_->OnDone(running.connection, running.lease, preempted);
    Settle();
  }
  // kill -9 of the worker.
  void Die(const WorkerProcess& process) {
    processes_.alive.erase(process.process_id);
    manager_->OnWorkerExited(process.worker, "signal 9 (Killed)");
    Settle();
  }
  void Disconnect(const Running& running) {
    manager_->OnWorkerDisconnected(running.process.worker, running.connection);
    Settle();
  }

  v1::Job Get(const std::string& name) {
    const auto job = jobs_->GetJob(name);
    EXPECT_OK(job.status());
    return job.ok() ? *job : v1::Job();
  }
  bool WasKilled(const WorkerProcess& process) const {
    return std::find(processes_.killed.begin(), processes_.killed.end(), process.worker) !=
           processes_.killed.end();
  }
  v1::JobState StateOf(const std::string& name) { return Get(name).state(); }

  JobManagerOptions options_;
  std::map<std::string, FakeLink> links_;
  std::set<std::string> frozen_;
  uint64_t random_ = uint64_t{1} << 32;
  ManualExecutor executor_;
  ManualExecutor readers_;
  FakeProcesses processes_;
  std::unique_ptr<ArtifactStore> artifacts_;
  std::unique_ptr<JobStore> jobs_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<JobManager> manager_;
};

}  // namespace trainyard
