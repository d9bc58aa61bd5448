#include "client/lib/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/safe_text.h"
#include "engine/base/status.h"

namespace trainyard::client {
namespace {

constexpr size_t kReadBytes = 64 * 1024;

absl::StatusOr<std::string> ReadAll(int file, const std::string& name, size_t limit) {
  std::string bytes;
  char buffer[kReadBytes];
  while (true) {
    const ssize_t got = read(file, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(errno, absl::StrCat("cannot read ", name));
    if (got == 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(got));
    if (bytes.size() > limit) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " is larger than ", limit, " bytes, the most that is read"));
    }
  }
}

absl::Status WriteAll(int file, const std::string& bytes) {
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t wrote = write(file, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return SystemError(errno, "cannot write");
    done += static_cast<size_t>(wrote);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SystemError(int error, const std::string& what) {
  const std::string message = absl::StrCat(what, ": ", std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return absl::PermissionDeniedError(message);
    case EISDIR:
      return absl::InvalidArgumentError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::StatusOr<std::string> ReadFile(const std::string& path, size_t limit) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return SystemError(errno, absl::StrCat("cannot read ", path));
  absl::StatusOr<std::string> bytes = ReadAll(file, path, limit);
  close(file);
  return bytes;
}

absl::StatusOr<std::string> ReadStandardInput(size_t limit) {
  return ReadAll(STDIN_FILENO, "standard input", limit);
}

absl::Status CheckText(const std::string& text, const std::string& file) {
  if (text.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": not a text file (it holds a zero byte)"));
  }
  const std::string valid = SafeText(text, text.size());
  if (valid == text) return absl::OkStatus();
  const auto wrong = std::mismatch(text.begin(), text.end(), valid.begin(), valid.end()).first;
  return absl::InvalidArgumentError(absl::StrCat(
      file, ":", 1 + std::count(text.begin(), wrong, '\n'), ": not UTF-8; save the file as UTF-8"));
}

absl::Status CheckReplaceable(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      path, S_ISDIR(info.st_mode) ? " is a folder; name a file in it" : " is no regular file"));
}

absl::Status WriteFile(const std::string& path, const std::string& bytes) {
  RETURN_IF_ERROR(CheckReplaceable(path));
  std::string temporary = path + ".XXXXXX";
  const int file = mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) return SystemError(errno, absl::StrCat("cannot write ", path));
  absl::Status status = WriteAll(file, bytes);
  if (status.ok() && fchmod(file, 0644) != 0) status = SystemError(errno, "cannot write");
  if (close(file) != 0 && status.ok()) status = SystemError(errno, "cannot write");
  if (status.ok() && rename(temporary.c_str(), path.c_str()) != 0) {
    status = SystemError(errno, "cannot rename");
  }
  if (status.ok()) return status;
  unlink(temporary.c_str());
  return absl::Status(status.code(), absl::StrCat(path, ": ", Message(status)));
}

}  // namespace trainyard::client
