// Worker processes on this machine: starts them, tells when they end, kills them.
//
//   LocalWorkers workers(options);
//   JobManager manager(..., workers, ...);
//   workers.Supervise([&](const std::string& worker, const std::string& how) {
//     manager.OnWorkerExited(worker, how);
//   });
//   ... workers.StopSupervising();   // before `manager` goes
//
// The processes are left alone at the end: a worker outlives its server and dials the next one.
//
// Each worker writes to <log_folder>/<worker>.log, which is cut when it grows and deleted when the
// worker ends well; of those that ended badly the newest are kept. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "server/jobs/worker_pool.h"

namespace trainyard {

class LocalWorkers final : public WorkerProcesses {
 public:
  struct Options {
    // Absolute path of trainyard-worker, and what it is told besides its name.
    std::string program;
    std::vector<std::string> arguments;
    std::string log_folder;
  };
  // `how`: "exit code 0", "signal 9 (Killed)".
  using Exited = std::function<void(const std::string& worker, const std::string& how)>;

  explicit LocalWorkers(Options options);
  ~LocalWorkers() override;

  // Called once, before Start. The callback runs on a thread of this class.
  void Supervise(Exited exited);
  // After it the callback is not called any more.
  void StopSupervising();

  absl::StatusOr<WorkerProcess> Start(const std::string& worker) override;
  bool IsAlive(const WorkerProcess& process) const override;
  absl::StatusOr<uint64_t> StartTime(int64_t process_id) const override;
  void Kill(const WorkerProcess& process) override;

 private:
  void Loop();
  // Waits for an end or a wake; gives the ended ones' names and ways.
  std::vector<std::pair<std::string, std::string>> Wait();
  std::string LogFile(const std::string& worker) const;
  void TidyLog(const std::string& worker, bool ended_well);

  const Options options_;
  Exited exited_;
  // Wakes the thread.
  const int wake_;
  Mutex mutex_;
  bool stopping_ TRAINYARD_GUARDED_BY(mutex_) = false;
  // Worker by pidfd.
  std::map<int, std::string> children_ TRAINYARD_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace trainyard
