// Keeps a second server off a data folder. The lock belongs to the open file, so that it ends with
// the process however that ends.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace trainyard {

class FolderLock {
 public:
  // FAILED_PRECONDITION DATA_FOLDER_IN_USE names the process that holds it.
  static absl::StatusOr<std::unique_ptr<FolderLock>> Acquire(const std::string& folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  explicit FolderLock(int file) : file_(file) {}
  const int file_;
};

}  // namespace trainyard
