#include "server/store/writer.h"

#include <utility>

#include "engine/base/status.h"

namespace trainyard {
namespace {

// Bounds how long the first caller of a batch waits for the others.
constexpr size_t kMaxBatch = 256;

}  // namespace

Writer::Writer(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)), thread_([this] { Loop(); }) {}

Writer::~Writer() { Close(); }

void Writer::Submit(Work work, Done done, bool alone) {
  {
    MutexLock lock(mutex_);
    if (!closing_) {
      tasks_.push_back({std::move(work), std::move(done), alone, absl::OkStatus()});
      changed_.NotifyOne();
      return;
    }
  }
  if (done) done(absl::UnavailableError("the store is closed"));
}

void Writer::Close() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    changed_.NotifyOne();
  }
  if (thread_.joinable()) thread_.join();
}

std::vector<Writer::Task> Writer::TakeBatch() {
  std::vector<Task> batch;
  MutexLock lock(mutex_);
  changed_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) { return closing_ || !tasks_.empty(); });
  while (!tasks_.empty() && batch.size() < kMaxBatch) {
    const bool alone = tasks_.front().alone;
    if (alone && !batch.empty()) break;
    batch.push_back(std::move(tasks_.front()));
    tasks_.pop_front();
    if (alone) break;
  }
  return batch;
}

void Writer::Loop() {
  for (;;) {
    std::vector<Task> batch = TakeBatch();
    if (batch.empty()) return;
    RunBatch(batch);
    for (Task& task : batch) {
      if (task.done) task.done(std::move(task.result));
    }
  }
}

void Writer::RunBatch(std::vector<Task>& batch) {
  absl::Status failure = connection_->Run("BEGIN IMMEDIATE");
  if (failure.ok()) {
    for (Task& task : batch) {
      RunOne(task);
      // SQLite gives the whole transaction up after a full disk and the like: the rest has nowhere
      // to run.
      if (connection_->in_transaction()) continue;
      failure = task.result.ok() ? absl::InternalError("the transaction ended early") : task.result;
      break;
    }
  }
  if (failure.ok()) failure = connection_->Run("COMMIT");
  if (failure.ok()) return;
  if (connection_->in_transaction()) connection_->Run("ROLLBACK").IgnoreError();
  for (Task& task : batch) {
    if (task.result.ok()) task.result = failure;
  }
}

void Writer::RunOne(Task& task) {
  task.result = connection_->Run("SAVEPOINT one");
  if (!task.result.ok()) return;
  task.result = task.work(*connection_);
  if (!connection_->in_transaction()) return;
  absl::Status end;
  if (!task.result.ok()) end = connection_->Run("ROLLBACK TO one");
  if (end.ok()) end = connection_->Run("RELEASE one");
  // A savepoint that cannot be undone must not be committed with the others.
  if (!end.ok()) {
    if (task.result.ok()) task.result = end;
    connection_->Run("ROLLBACK").IgnoreError();
  }
}

}  // namespace trainyard
