#include "server/store/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {

absl::StatusOr<std::unique_ptr<FolderLock>> FolderLock::Acquire(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    return absl::FailedPreconditionError("cannot open " + path + ": " + std::strerror(errno));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    const ssize_t size = read(file, holder, sizeof(holder) - 1);
    close(file);
    return WithReason(absl::FailedPreconditionError(
                          "another server uses the data folder " + folder + " (process " +
                          (size > 0 ? std::string(holder, size) : std::string("unknown")) +
                          "); stop it, or give this one a folder of its own"),
                      "DATA_FOLDER_IN_USE");
  }
  const std::string process = std::to_string(getpid());
  if (ftruncate(file, 0) != 0 || pwrite(file, process.data(), process.size(), 0) < 0) {
    const int error = errno;
    close(file);
    return absl::FailedPreconditionError("cannot write " + path + ": " + std::strerror(error));
  }
  return std::unique_ptr<FolderLock>(new FolderLock(file));
}

FolderLock::~FolderLock() { close(file_); }

}  // namespace trainyard
