// The server's data folder: one SQLite database that is the only source of truth, and the files
// beside it.
//
// Opened once by main, before anything else; a second server on the same folder is refused. Writes
// are closures that one thread runs and commits in groups; reads run on a pool of connections on
// the caller's thread and see what is committed.
//
//   ASSIGN_OR_RETURN(std::unique_ptr<Store> store, Store::Open({.folder = "/var/lib/trainyard"}));
//   store->Write([](Connection& c) { return c.Run("UPDATE ..."); }, [](absl::Status s) { ... });
//   absl::Status s = store->Read([&](Connection& c) { ... });
//
//   <folder>/trainyard.db        the database (WAL mode: two more files beside it)
//   <folder>/lock                held while a server runs
//   <folder>/artifacts/ab/cd...  files by SHA-256, see artifact_store.h
//   <folder>/incoming/           artifacts that have not come whole; emptied on open
//   <folder>/contents, partial   of data sets, see server/datasets/content_store.h
//
// Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"

namespace trainyard {

class Writer;
class ReaderPool;
class FolderLock;

struct StoreOptions {
  std::string folder;
  int readers = 4;
  // Free bytes below which CreateJob and uploads are refused; what remains is for the events of
  // running jobs.
  uint64_t reserve_bytes = 256ull << 20;
  // Free bytes of the file system of a path; replaced by tests.
  std::function<absl::StatusOr<uint64_t>(const std::string& path)> free_bytes;
};

class Store {
 public:
  // FAILED_PRECONDITION: another server has the folder, or a newer version wrote it. DATA_LOSS:
  // damaged.
  static absl::StatusOr<std::unique_ptr<Store>> Open(StoreOptions options);
  ~Store();

  using Work = std::function<absl::Status(Connection&)>;
  using Done = std::function<void(absl::Status)>;

  // Runs `work` on the writer's thread, in the order of calls. `done` is called on that thread:
  // with OK once the work is on disk, with the work's own error (then nothing of it is kept), or
  // with the error of the commit. `done` must hand long work over. After Close(), `done` gets
  // UNAVAILABLE at once.
  void Write(Work work, Done done);
  // The same, in a transaction of its own: what was written before is on disk when `work` starts.
  void WriteAlone(Work work, Done done);
  // The same, and waits. Not for threads of gRPC, never on the writer's thread.
  absl::Status WriteAndWait(Work work);
  // Runs on the caller's thread with a connection of the pool; waits while all are in use.
  absl::Status Read(const Work& work);

  // Waits until all that was written so far is on disk and its callbacks have returned.
  void Flush();
  // Finishes what was accepted, calls every callback and stops the writer.
  void Close();

  // RESOURCE_EXHAUSTED DISK_FULL where less than the reserve would be free after writing `bytes`.
  absl::Status CheckDisk(uint64_t bytes = 0) const;
  const std::string& folder() const { return options_.folder; }

 private:
  explicit Store(StoreOptions options);

  StoreOptions options_;
  std::unique_ptr<FolderLock> lock_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<ReaderPool> readers_;
};

}  // namespace trainyard
