#include "server/store/reader_pool.h"

#include <utility>

#include "engine/base/status.h"

namespace trainyard {

absl::StatusOr<std::unique_ptr<ReaderPool>> ReaderPool::Open(const std::string& path,
                                                             int connections) {
  std::unique_ptr<ReaderPool> pool(new ReaderPool());
  MutexLock lock(pool->mutex_);
  for (int i = 0; i < connections; ++i) {
    ASSIGN_OR_RETURN(auto connection, Connection::Open(path, Connection::Mode::kReadOnly));
    pool->free_.push_back(std::move(connection));
  }
  return pool;
}

absl::Status ReaderPool::Read(const std::function<absl::Status(Connection&)>& work) {
  std::unique_ptr<Connection> connection;
  {
    MutexLock lock(mutex_);
    returned_.Wait(lock, [this]() TRAINYARD_REQUIRES(mutex_) { return !free_.empty(); });
    connection = std::move(free_.back());
    free_.pop_back();
  }
  absl::Status status = connection->Run("BEGIN");
  if (status.ok()) {
    status = work(*connection);
    connection->Run("COMMIT").IgnoreError();  // Ends the snapshot; there is nothing to keep.
  }
  MutexLock lock(mutex_);
  free_.push_back(std::move(connection));
  returned_.NotifyOne();
  return status;
}

}  // namespace trainyard
