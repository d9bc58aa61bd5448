#include "engine/formats/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

absl::Status BadList(const std::string& name) {
  return absl::DataLossError(absl::StrCat(name, ": its list of segments cannot be read"));
}

// Without blocking: a pipe must not hang us before we see that it is one.
absl::StatusOr<int> OpenRegular(const std::string& path, const std::string& name, int64_t& size) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return FileSystemError(name, "open");
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    close(descriptor);
    return absl::InvalidArgumentError(absl::StrCat(name, ": is no regular file"));
  }
  size = status.st_size;
  return descriptor;
}

}  // namespace

absl::Status FileSystemError(const std::string& name, const char* doing) {
  const int error = errno;
  const std::string message = absl::StrCat(name, ": cannot ", doing, ": ", std::strerror(error));
  if (error == ENOENT) return absl::NotFoundError(message);
  if (error == EACCES || error == EPERM) return absl::PermissionDeniedError(message);
  if (error == EMFILE || error == ENFILE || error == ENOMEM) return absl::UnavailableError(message);
  return absl::InvalidArgumentError(message);
}

FileBytes::~FileBytes() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::StatusOr<std::unique_ptr<FileBytes>> FileBytes::Open(const std::string& path,
                                                           const std::string& name) {
  std::unique_ptr<FileBytes> file(new FileBytes(name));
  const std::filesystem::path place(path);
  const std::string folder = (place.parent_path() / kSegmentsFolder / place.filename()).string();
  const std::string list = folder + "/" + kSegmentList;
  struct stat status;
  if (stat(list.c_str(), &status) == 0 && S_ISREG(status.st_mode)) {
    RETURN_IF_ERROR(file->AddSegments(folder, list));
    return file;
  }
  ASSIGN_OR_RETURN(file->descriptor_, OpenRegular(path, name, file->size_));
  file->segments_.push_back({path, 0, 0, file->size_});
  return file;
}

absl::Status FileBytes::AddSegments(const std::string& folder, const std::string& list) {
  std::ifstream stream(list);
  int64_t offset = 0;
  int64_t bytes = 0;
  while (stream >> offset >> bytes) {
    if (offset < 0 || bytes < 0 || bytes > std::numeric_limits<int64_t>::max() - size_)
      return BadList(name_);
    segments_.push_back(
        {absl::StrCat(folder, "/", segments_.size()), offset, size_, size_ + bytes});
    size_ += bytes;
  }
  if (!stream.eof() || segments_.empty()) return BadList(name_);
  in_segments_ = true;
  return Switch(0);
}

absl::Status FileBytes::Switch(size_t segment) {
  int64_t size = 0;
  ASSIGN_OR_RETURN(const int next, OpenRegular(segments_[segment].path, name_, size));
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = next;
  open_segment_ = segment;
  const Segment& opened = segments_[segment];
  if (size - opened.offset >= opened.end - opened.begin) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(name_, ": stored bytes are missing (", opened.path, ")"));
}

absl::StatusOr<size_t> FileBytes::ReadAt(int64_t offset, void* out, size_t size) {
  if (size == 0 || offset < 0) return size_t{0};
  int64_t most = std::numeric_limits<int64_t>::max();
  int64_t place = offset;
  if (in_segments_) {
    if (offset >= size_) return size_t{0};
    const auto after =
        std::upper_bound(segments_.begin(), segments_.end(), offset,
                         [](int64_t at, const Segment& segment) { return at < segment.end; });
    const size_t found = static_cast<size_t>(after - segments_.begin());
    if (found != open_segment_) RETURN_IF_ERROR(Switch(found));
    place = after->offset + (offset - after->begin);
    most = after->end - offset;
  }
  const size_t wanted = static_cast<size_t>(std::min<int64_t>(most, static_cast<int64_t>(size)));
  for (;;) {
    const ssize_t got = pread(descriptor_, out, wanted, place);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EINTR) return FileSystemError(name_, "read");
  }
}

absl::StatusOr<size_t> FileBytes::Read(void* out, size_t size) {
  ASSIGN_OR_RETURN(const size_t got, ReadAt(position_, out, size));
  position_ += static_cast<int64_t>(got);
  return got;
}

}  // namespace trainyard
