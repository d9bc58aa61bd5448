// The one thread that writes to the database. Closures that wait are run in one transaction, each
// within a savepoint, so that one commit (one sync of the disk) serves many callers and a closure
// that fails takes nothing of the others with it.
//
// Thread-safe. Callbacks run on the writer's thread, after the commit, in the order of the
// closures.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/mutex.h"
#include "server/store/database.h"

namespace trainyard {

class Writer {
 public:
  using Work = std::function<absl::Status(Connection&)>;
  using Done = std::function<void(absl::Status)>;

  explicit Writer(std::unique_ptr<Connection> connection);
  ~Writer();

  // `alone`: in a transaction of its own, begun after what was submitted before is on disk.
  void Submit(Work work, Done done, bool alone = false);
  // Runs what was submitted, then ends the thread. Later closures get UNAVAILABLE at once.
  void Close();
  bool OnThread() const { return std::this_thread::get_id() == thread_.get_id(); }

 private:
  struct Task {
    Work work;
    Done done;
    bool alone;
    absl::Status result;
  };

  void Loop();
  std::vector<Task> TakeBatch() TRAINYARD_EXCLUDES(mutex_);
  void RunBatch(std::vector<Task>& batch);
  void RunOne(Task& task);

  const std::unique_ptr<Connection> connection_;
  Mutex mutex_;
  CondVar changed_;
  std::deque<Task> tasks_ TRAINYARD_GUARDED_BY(mutex_);
  bool closing_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace trainyard
