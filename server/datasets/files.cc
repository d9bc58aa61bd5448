#include "server/datasets/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {

absl::Status DiskError(const std::string& doing, const std::string& path) {
  const int error = errno;
  const std::string text = absl::StrCat("cannot ", doing, " ", path, ": ", std::strerror(error));
  if (error == ENOSPC || error == EDQUOT)
    return WithReason(absl::ResourceExhaustedError(text), "DISK_FULL");
  if (error == ENOENT) return absl::NotFoundError(text);
  return absl::UnavailableError(text);
}

absl::StatusOr<DiskFile> DiskFile::Open(const std::string& path, int flags) {
  constexpr int kOwnerOnly = 0600;
  DiskFile file;
  file.path_ = path;
  file.descriptor_ = open(path.c_str(), flags | O_CLOEXEC, kOwnerOnly);
  if (file.descriptor_ < 0) return DiskError("open", path);
  return file;
}

DiskFile::DiskFile(DiskFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

DiskFile& DiskFile::operator=(DiskFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

DiskFile::~DiskFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status DiskFile::Write(const char* bytes, size_t count) const {
  for (size_t done = 0; done < count;) {
    const ssize_t wrote = write(descriptor_, bytes + done, count - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return DiskError("write", path_);
    done += static_cast<size_t>(wrote);
  }
  return absl::OkStatus();
}

absl::Status DiskFile::Sync() const {
  return fsync(descriptor_) == 0 ? absl::OkStatus() : DiskError("sync", path_);
}

absl::Status SyncFolder(const std::string& path) {
  ASSIGN_OR_RETURN(const DiskFile folder, DiskFile::Open(path, O_RDONLY | O_DIRECTORY));
  return folder.Sync();
}

absl::Status MakeFolders(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  errno = error.value();
  return DiskError("make the folder", path);
}

absl::Status RemoveAll(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error) return absl::OkStatus();
  errno = error.value();
  return DiskError("remove", path);
}

}  // namespace trainyard
