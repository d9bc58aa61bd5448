// Files on the server's disk, with errors that say whether the disk is full. Block.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace trainyard {

// By errno: RESOURCE_EXHAUSTED DISK_FULL, NOT_FOUND, or UNAVAILABLE.
absl::Status DiskError(const std::string& doing, const std::string& path);

// A descriptor that closes itself. Movable.
class DiskFile {
 public:
  DiskFile() = default;
  static absl::StatusOr<DiskFile> Open(const std::string& path, int flags);
  DiskFile(DiskFile&& other) noexcept;
  DiskFile& operator=(DiskFile&& other) noexcept;
  ~DiskFile();

  absl::Status Write(const char* bytes, size_t count) const;
  absl::Status Sync() const;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
  std::string path_;
};

// Makes what was created, renamed or removed in the folder last.
absl::Status SyncFolder(const std::string& path);
absl::Status MakeFolders(const std::string& path);
absl::Status RemoveAll(const std::string& path);

}  // namespace trainyard
