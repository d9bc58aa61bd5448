// Read-only connections for those who read: in WAL mode they wait neither for the writer nor for
// each other. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "server/store/database.h"

namespace trainyard {

class ReaderPool {
 public:
  static absl::StatusOr<std::unique_ptr<ReaderPool>> Open(const std::string& path, int connections);

  // Runs `work` in one read transaction (one snapshot) on the caller's thread; waits for a free
  // connection.
  absl::Status Read(const std::function<absl::Status(Connection&)>& work);

 private:
  ReaderPool() = default;

  Mutex mutex_;
  CondVar returned_;
  std::vector<std::unique_ptr<Connection>> free_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
