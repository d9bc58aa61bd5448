// The layout of the server's data folder, apart from what Store keeps in it:
//
//   run/            worker.sock, worker.secret, address (where the server listens); nobody else may
//                   look
//   logs/           what workers print
//   datasets/       the first data root
//   versions/       a folder for each version of an uploaded data set, see DatasetStore
//   cache/          decoded copies of data files
//
// Immutable and thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/data/roots.h"

namespace trainyard {

class DataFolder {
 public:
  // Makes what is missing. `data_roots` are searched after datasets/; those that do not exist are
  // left out.
  static absl::StatusOr<std::unique_ptr<DataFolder>> Prepare(
      const std::string& path, const std::vector<std::string>& data_roots);

  // Absolute, as all of them.
  const std::string& path() const { return path_; }
  std::string logs() const { return path_ + "/logs"; }
  std::string worker_socket() const { return path_ + "/run/worker.sock"; }
  std::string secret_file() const { return path_ + "/run/worker.secret"; }
  const DataRoots& roots() const { return roots_; }

  // What workers prove themselves by: made once, so that those of an earlier server are known
  // again.
  absl::StatusOr<std::string> Secret() const;
  // Writes `address` to run/address in one step, for programs that wait for the server.
  absl::Status PublishAddress(const std::string& address) const;

 private:
  DataFolder(std::string path, DataRoots roots)
      : path_(std::move(path)), roots_(std::move(roots)) {}

  const std::string path_;
  const DataRoots roots_;
};

}  // namespace trainyard
