// Files by content: <folder>/artifacts/<first two digits of the SHA-256>/<the rest>. Written once,
// never changed; equal bytes are kept once.
//
//   ASSIGN_OR_RETURN(auto upload, artifacts.Begin(lease, artifact));   // name, sha256, size_bytes,
//   step RETURN_IF_ERROR(upload->Append(chunk));                            // as often as needed
//   ASSIGN_OR_RETURN(v1::Artifact stored, upload->Finish());           // on disk, hash and size
//   checked
//
//   ASSIGN_OR_RETURN(auto reader, artifacts.Open(artifact.sha256()));  // DATA_LOSS where the bytes
//   have changed ASSIGN_OR_RETURN(std::string bytes, reader->Read(offset, 256 << 10));   // "" at
//   the end
//
// A file lives as long as a job refers to it. An upload refers to it for its lease before the file
// is put in place, and the Artifact event in the job's log makes that reference last; superseded
// checkpoints lose theirs (CheckpointPolicy.keep), and a file without any is deleted.
//
// All calls block on disk: use an executor. ArtifactStore is thread-safe; uploads and readers are
// used by one thread at a time and may outlive neither the ArtifactStore nor the Store.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/mutex.h"
#include "server/store/lease.h"
#include "server/store/store.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard {

class ArtifactUpload {
 public:
  virtual ~ArtifactUpload() = default;
  // INVALID_ARGUMENT: more bytes than were announced. RESOURCE_EXHAUSTED: no room on the disk.
  virtual absl::Status Append(const std::string& chunk) = 0;
  // INVALID_ARGUMENT: size or hash are not what was announced. FAILED_PRECONDITION LEASE_LOST.
  virtual absl::StatusOr<v1::Artifact> Finish() = 0;
};

class ArtifactReader {
 public:
  virtual ~ArtifactReader() = default;
  virtual uint64_t size() const = 0;
  // At most `limit` bytes from `offset` on; fewer only at the end. OUT_OF_RANGE: offset beyond the
  // end.
  virtual absl::StatusOr<std::string> Read(uint64_t offset, uint64_t limit) = 0;
};

// What changes when a file is written.
struct FileStamp {
  uint64_t inode;
  uint64_t size;
  // Since the Unix epoch.
  std::chrono::nanoseconds modified;
  bool operator==(const FileStamp&) const = default;
};

class ArtifactStore {
 public:
  struct Options {
    uint64_t max_artifact_bytes = 4ull << 30;
  };
  ArtifactStore(Store& store, Options options) : store_(store), options_(options) {}

  // INVALID_ARGUMENT: no name, a malformed hash, or larger than the limit. RESOURCE_EXHAUSTED: the
  // disk is nearly full. FAILED_PRECONDITION LEASE_LOST: the lease is not the job's newest.
  absl::StatusOr<std::unique_ptr<ArtifactUpload>> Begin(const Lease& lease,
                                                        const v1::Artifact& artifact);
  // Compares the file with its hash, which reads all of it, unless it was compared before and has
  // not been written since. NOT_FOUND; DATA_LOSS CHECKPOINT_CORRUPT
  // (the reason of the API for stored bytes of every kind that are not what they were).
  absl::StatusOr<std::unique_ptr<ArtifactReader>> Open(const std::string& sha256) const;
  // Where the file of a hash is.
  std::string Path(const std::string& sha256) const;

  // Deletes the files that nothing refers to. Called by JobManager after checkpoints were
  // superseded, and on start; `done` (may be empty) runs on the writer's thread.
  void CollectGarbage(Store::Done done);

 private:
  Store& store_;
  const Options options_;
  mutable Mutex mutex_;
  // Files whose bytes had their hash, by hash.
  mutable std::unordered_map<std::string, FileStamp> verified_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard
