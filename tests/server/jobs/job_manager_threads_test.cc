// The whole on real threads: meant for the thread sanitizer as well.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "server/jobs/job_manager.h"
#include "server/store/job_store.h"
#include "tests/server/store/support.h"

namespace trainyard {
namespace {

// A worker that finishes every job at once, from whatever thread it is told.
class Prompt final : public WorkerConnection, public std::enable_shared_from_this<Prompt> {
 public:
  explicit Prompt(JobManager& manager) : manager_(manager) {}
  void Assign(const Assignment& assignment) override {
    manager_.OnReport(shared_from_this(), assignment.lease, 1,
                      {ProgressEvent(1), StateEvent(v1::SUCCEEDED)});
    manager_.OnDone(shared_from_this(), assignment.lease, false);
  }
  void Cancel(const Lease&) override {}
  void Drain() override {}
  void Ack(const Lease&, uint64_t, bool) override {}
  void Close(const absl::Status&) override {}

 private:
  JobManager& manager_;
};

// Processes whose workers dial at once.
class PromptProcesses final : public WorkerProcesses {
 public:
  absl::StatusOr<WorkerProcess> Start(const std::string& worker) override {
    const int64_t id = ++next_;
    manager->OnWorkerHello({worker, id, "avx2", {}}, std::make_shared<Prompt>(*manager));
    return WorkerProcess{worker, id, 1};
  }
  bool IsAlive(const WorkerProcess&) const override { return true; }
  absl::StatusOr<uint64_t> StartTime(int64_t) const override { return 1; }
  void Kill(const WorkerProcess&) override {}

  JobManager* manager = nullptr;

 private:
  std::atomic<int64_t> next_{0};
};

TEST(JobManagerThreads, JobsOfManySubmittersAllRun) {
  constexpr int kSubmitters = 4;
  constexpr int kJobs = 10;
  TemporaryFolder folder;
  StoreOptions store_options;
  store_options.folder = folder.path();
  auto store = Store::Open(store_options);
  ASSERT_OK(store.status());
  const JobStore jobs(**store);
  RealClock clock;
  ThreadedExecutor executor(3), readers(1);
  ArtifactStore artifacts(**store, {});
  Notifier notifier(executor, [&](const std::string& job) { return jobs.LastSequence(job); });
  PromptProcesses processes;
  JobManagerOptions options;
  options.capacity = {2, uint64_t{1} << 30};
  JobManager manager(options, **store, artifacts, notifier, processes, executor, readers, clock);
  processes.manager = &manager;
  ASSERT_OK(manager.Recover());

  Mutex mutex;
  CondVar changed;
  int ended = 0;
  // Follows a job to its end.
  std::function<void(const std::string&, uint64_t)> follow = [&](const std::string& job,
                                                                 uint64_t cursor) {
    const auto slice = jobs.ReadEvents({.job = job, .after_sequence = cursor});
    ASSERT_OK(slice.status());
    if (slice->state == v1::SUCCEEDED) {
      MutexLock lock(mutex);
      ++ended;
      changed.NotifyAll();
      return;
    }
    notifier.Watch(job, slice->last_sequence,
                   [&, job, last = slice->last_sequence] { follow(job, last); });
  };
  std::vector<std::thread> submitters;
  for (int t = 0; t < kSubmitters; ++t) {
    submitters.emplace_back([&] {
      for (int i = 0; i < kJobs; ++i) {
        NewJob job;
        job.specification = Named("load");
        manager.Create(std::move(job), [&](absl::StatusOr<v1::Job> made) {
          ASSERT_OK(made.status());
          follow(made->name(), 0);
        });
        manager.Tick();
      }
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  {
    MutexLock lock(mutex);
    EXPECT_TRUE(changed.WaitFor(lock, std::chrono::seconds(120),
                                [&] { return ended == kSubmitters * kJobs; }));
  }
  (*store)->Close();
  readers.Stop();
  executor.Stop();
  EXPECT_EQ(jobs.ListJobs({.page_size = 100, .filter = "state=SUCCEEDED"})->jobs.size(),
            size_t{kSubmitters * kJobs});
}

}  // namespace
}  // namespace trainyard
