// Contents of data sets by hash: <folder>/contents/<first two digits of the SHA-256>/<the rest>,
// never changed once they are in place, equal bytes kept once; and in <folder>/partial what
// has not come whole. Who needs which content stands in the database (server/store/contents.h).
//
//   ASSIGN_OR_RETURN(auto missing, contents.FindMissing({{sha256, size}}));
//   ASSIGN_OR_RETURN(auto upload, contents.Begin(content, missing[0].offset));
//   RETURN_IF_ERROR(upload->Append(chunk));             // as often as needed
//   RETURN_IF_ERROR(upload->Finish());                  // whole, hash checked, in place
//   RETURN_IF_ERROR(contents.Publish({content}));       // from now on it is there, and claimed
//
// An upload that ends before Finish leaves what it wrote: the next one goes on from there, also
// after the server was killed. All calls block on disk: use an executor. Thread-safe; an upload is
// used by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "server/store/store.h"

namespace trainyard {

struct StoredContent {
  std::string sha256;
  uint64_t size_bytes = 0;
};

struct MissingContent {
  StoredContent content;
  // Bytes of it that an earlier upload left.
  uint64_t offset = 0;
};

class ContentUpload {
 public:
  virtual ~ContentUpload() = default;
  // INVALID_ARGUMENT: more bytes than were announced. RESOURCE_EXHAUSTED DISK_FULL.
  virtual absl::Status Append(const std::string& chunk) = 0;
  // DATA_LOSS CONTENT_CORRUPT: the bytes do not have the hash; they are forgotten.
  virtual absl::Status Finish() = 0;
  virtual bool whole() const = 0;
  // False where the content was there already; then what comes is left out.
  virtual bool is_new() const = 0;
  // That Append wrote.
  virtual uint64_t bytes_written() const = 0;
};

class ContentStore {
 public:
  struct Options {
    // Of all contents and parts of such; 0: what the disk has.
    uint64_t most_bytes = 0;
    // Files of parts at a time.
    size_t most_partial = 1000;
    uint64_t most_contents = 2'000'000;
    // Of parts that nobody goes on with, and of contents that no version was made of.
    std::chrono::nanoseconds keep_unfinished = std::chrono::hours(24);
  };

  // Takes over what an earlier server left, and drops files that no row knows.
  static absl::StatusOr<std::unique_ptr<ContentStore>> Open(Store& store, Options options,
                                                            const Clock& clock);

  // Claims those that are there. INVALID_ARGUMENT for a malformed hash.
  absl::StatusOr<std::vector<MissingContent>> FindMissing(
      const std::vector<StoredContent>& contents);
  // OUT_OF_RANGE UPLOAD_OFFSET{offset} where the bytes that are there end elsewhere; UNAVAILABLE
  // UPLOAD_BUSY; RESOURCE_EXHAUSTED QUOTA_EXCEEDED, TOO_MANY_UPLOADS, DISK_FULL.
  absl::StatusOr<std::unique_ptr<ContentUpload>> Begin(const StoredContent& content,
                                                       uint64_t offset);
  // Makes the files of finished uploads known.
  absl::Status Publish(const std::vector<StoredContent>& contents);

  // A content that the server makes itself: `write` calls its argument with the bytes. Published.
  using Sink = std::function<absl::Status(const std::string& bytes)>;
  absl::StatusOr<StoredContent> Add(const std::function<absl::Status(const Sink&)>& write);

  // Where the file of a content is.
  std::string Path(const std::string& sha256) const;
  // RESOURCE_EXHAUSTED where `bytes` more would be too many.
  absl::Status CheckRoom(uint64_t bytes);

  // Deletes what nobody needs any more.
  absl::Status CollectGarbage();
  // Lets go of what has not been finished in time. Call it every few minutes.
  absl::Status Expire();

 private:
  class Upload;
  ContentStore(Store& store, Options options, const Clock& clock)
      : store_(store), options_(options), clock_(clock) {}

  absl::Status DropUnknownFiles();
  void ReadPartial();
  std::string PartialPath(const std::string& sha256) const;
  // Brings files that are in place to the disk.
  absl::Status Sync(const std::vector<StoredContent>& contents);
  // Renames a whole file to its place.
  absl::Status PutInPlace(const std::string& from, const std::string& sha256);
  // The end of an upload; `bytes` of it are left in its partial file.
  void End(const std::string& sha256, uint64_t bytes, uint64_t reserved);

  Store& store_;
  const Options options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  std::set<std::string> active_ TRAINYARD_GUARDED_BY(mutex_);
  // Bytes of each partial file.
  std::map<std::string, uint64_t> partial_ TRAINYARD_GUARDED_BY(mutex_);
  // Announced by active uploads and not yet come.
  uint64_t reserved_ TRAINYARD_GUARDED_BY(mutex_) = 0;
  // Folders of contents whose own names are on disk for certain.
  std::set<std::string> synced_folders_ TRAINYARD_GUARDED_BY(mutex_);
  uint64_t next_made_ TRAINYARD_GUARDED_BY(mutex_) = 0;
};

// 64 lower-case hexadecimal digits.
bool IsSha256(const std::string& text);

}  // namespace trainyard
