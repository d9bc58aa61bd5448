#include "client/lib/dataset_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/lib/files.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"

namespace trainyard::client {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostFiles = 100'000;
constexpr size_t kBlockBytes = 1 << 20;

absl::Status AddFolder(const fs::path& folder, const fs::path& relative,
                       std::vector<LocalFile>& files) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (absl::StartsWith(name, ".")) continue;
    if (entry->is_directory(error)) {
      RETURN_IF_ERROR(AddFolder(entry->path(), relative / name, files));
    } else if (entry->is_regular_file(error)) {
      if (files.size() == kMostFiles) {
        return absl::InvalidArgumentError(
            absl::StrCat(folder.string(), " holds more than ", kMostFiles,
                         " files, the most that a data set has; pack samples into fewer files"));
      }
      files.push_back({(relative / name).generic_string(), entry->path().string(), 0, ""});
    }
    error.clear();
  }
  if (error) return SystemError(error.value(), absl::StrCat("cannot read ", folder.string()));
  return absl::OkStatus();
}

absl::Status AddPlace(const std::string& place, std::vector<LocalFile>& files) {
  std::error_code error;
  const fs::file_status status = fs::status(place, error);
  if (!fs::exists(status))
    return absl::NotFoundError(absl::StrCat(place, ": there is no such file or folder"));
  if (fs::is_directory(status)) return AddFolder(place, "", files);
  if (!fs::is_regular_file(status))
    return absl::InvalidArgumentError(absl::StrCat(place, ": is neither a file nor a folder"));
  files.push_back({fs::path(place).filename().string(), place, 0, ""});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<LocalFile>> CollectFiles(const std::vector<std::string>& places,
                                                    const std::string& as) {
  std::vector<LocalFile> files;
  for (const std::string& place : places) RETURN_IF_ERROR(AddPlace(place, files));
  if (files.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(places.empty() ? "nothing" : places.front(), " holds no files"));
  }
  std::error_code error;
  const bool one_file = files.size() == 1 && !fs::is_directory(places.front(), error);
  if (!as.empty()) {
    for (LocalFile& file : files) {
      file.path = one_file && !absl::EndsWith(as, "/") ? as : (fs::path(as) / file.path).string();
    }
  }
  for (LocalFile& file : files) {
    const auto size = fs::file_size(file.local, error);
    if (!error) file.size_bytes = size;  // or it is said when the file is read
  }
  std::sort(files.begin(), files.end(),
            [](const LocalFile& a, const LocalFile& b) { return a.path < b.path; });
  for (size_t i = 1; i < files.size(); ++i) {
    if (files[i].path != files[i - 1].path) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(files[i - 1].local, " and ", files[i].local, " would both be ", files[i].path,
                     " in the data set; give the folder that they are in"));
  }
  return files;
}

absl::Status HashFile(LocalFile& file, const std::function<void(uint64_t)>& hashed) {
  const int descriptor = open(file.local.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError(errno, absl::StrCat("cannot read ", file.local));
  Sha256 hash;
  std::string block(kBlockBytes, '\0');
  file.size_bytes = 0;
  ssize_t got = 0;
  while ((got = read(descriptor, block.data(), block.size())) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    hash.Update(block.data(), static_cast<size_t>(got));
    file.size_bytes += static_cast<uint64_t>(got);
    hashed(static_cast<uint64_t>(got));
  }
  const int error = errno;
  close(descriptor);
  if (got < 0) return SystemError(error, absl::StrCat("cannot read ", file.local));
  file.sha256 = hash.HexDigest();
  return absl::OkStatus();
}

uint64_t SizeOf(const std::vector<LocalFile>& files) {
  uint64_t size = 0;
  for (const LocalFile& file : files) size += file.size_bytes;
  return size;
}

std::string FileListOf(const std::vector<LocalFile>& files) {
  std::string text;
  for (const LocalFile& file : files)
    absl::StrAppend(&text, file.sha256, " ", file.size_bytes, " ", file.path, "\n");
  return text;
}

}  // namespace trainyard::client
