// The whole server in one object: everything is constructed here, in the order of its directions,
// and taken down in the reverse. main.cc runs one; tests run as many as they like.
//
//   ASSIGN_OR_RETURN(auto daemon, Daemon::Start(options));
//   ... daemon->address() ...
//   daemon->Drain(deadline);       // SIGTERM: workers checkpoint, jobs go back to the queue
//   daemon.reset();                // streams end with UNAVAILABLE; workers that are left go on and
//   dial again
//
// Used by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/specification_checker.h"
#include "server/datasets/content_store.h"
#include "server/datasets/dataset_store.h"
#include "server/jobs/job_manager_types.h"

namespace trainyard {

struct DaemonOptions {
  // Made where it is missing; this user's alone.
  std::string data_folder;
  std::string listen = "127.0.0.1:0";
  // Besides <data>/datasets.
  std::vector<std::string> data_roots;
  // Absolute path of trainyard-worker.
  std::string worker_program;
  // Bearer tokens of the public API; empty: everyone who reaches the port may call.
  std::string token_file;
  // Listen beyond this machine without a token.
  bool trust_network = false;
  std::string version = "0";
  // Capacity: zero cores or bytes are detected.
  JobManagerOptions jobs = {};
  size_t most_watches = 1000;
  // Quotas of data sets.
  ContentStore::Options contents = {};
  DatasetStore::Options datasets = {};
  // Replaced by tests; null: the engine's.
  const SpecificationChecker* checker = nullptr;
};

class Daemon {
 public:
  // FAILED_PRECONDITION: the folder or the port is another server's, or the port would be open to
  // the network without a token.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(DaemonOptions options);
  virtual ~Daemon() = default;

  // "127.0.0.1:7070".
  virtual const std::string& address() const = 0;
  // No new jobs; waits until every worker has put its job down. False where that took too long.
  virtual bool Drain(std::chrono::nanoseconds deadline) = 0;
};

}  // namespace trainyard
