// The bytes of a regular file, or of one that is kept in segments: a version of a data set that was
// appended to shares the bytes of the version before it.
//
// `folder/train.csv` is kept in segments where there is a folder `folder/.segments/train.csv` with
// the files 0, 1, 2 ... and a file `list`, which has a line "<offset> <bytes>" for each of them:
// what stands there, one after the other, is the file. `folder/train.csv` itself only says so. No
// name that a user gives begins with '.', so nothing that is uploaded can pretend to be one.
//
// Used by one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trainyard {

inline constexpr char kSegmentsFolder[] = ".segments";
inline constexpr char kSegmentList[] = "list";

class FileBytes {
 public:
  // `name` is what messages call it. Only regular files are opened.
  static absl::StatusOr<std::unique_ptr<FileBytes>> Open(const std::string& path,
                                                         const std::string& name);
  ~FileBytes();
  FileBytes(const FileBytes&) = delete;
  FileBytes& operator=(const FileBytes&) = delete;

  int64_t size() const { return size_; }
  // Up to `size` bytes from `offset` on; 0 only at the end.
  absl::StatusOr<size_t> ReadAt(int64_t offset, void* out, size_t size);
  // The same from where the last Read ended.
  absl::StatusOr<size_t> Read(void* out, size_t size);

 private:
  struct Segment {
    std::string path;
    int64_t offset = 0;  // in that file
    int64_t begin = 0;   // in ours
    int64_t end = 0;
  };

  explicit FileBytes(std::string name) : name_(std::move(name)) {}
  absl::Status AddSegments(const std::string& folder, const std::string& list);
  // Opens the file of a segment, in place of the one that is open.
  absl::Status Switch(size_t segment);

  const std::string name_;
  bool in_segments_ = false;
  std::vector<Segment> segments_;
  size_t open_segment_ = 0;
  int descriptor_ = -1;
  int64_t size_ = 0;
  int64_t position_ = 0;
};

// INVALID_ARGUMENT, NOT_FOUND, PERMISSION_DENIED or UNAVAILABLE, by errno.
absl::Status FileSystemError(const std::string& name, const char* doing);

}  // namespace trainyard
