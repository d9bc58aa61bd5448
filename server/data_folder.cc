#include "server/data_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSecretBytes = 32;
// What is left below the longest path of a unix socket, 107 characters, for "/run/worker.sock".
constexpr size_t kLongestPath = 91;

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    return absl::FailedPreconditionError(absl::StrCat("cannot make ", path, ": ", error.message()));
  return absl::OkStatus();
}

// Through a temporary file, so that a reader sees all of it or nothing.
absl::Status WriteWhole(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  unlink(temporary.c_str());
  {
    const mode_t before = umask(0077);
    std::ofstream file(temporary);
    umask(before);
    file << text;
    file.close();
    if (!file) return absl::FailedPreconditionError(absl::StrCat("cannot write ", temporary));
  }
  if (std::rename(temporary.c_str(), path.c_str()) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Prepare(
    const std::string& path, const std::vector<std::string>& data_roots) {
  if (path.empty()) return absl::InvalidArgumentError("no data folder is given");
  std::error_code error;
  const std::string absolute = fs::absolute(path, error).lexically_normal().string();
  RETURN_IF_ERROR(MakeFolder(absolute));
  fs::path real = fs::canonical(absolute, error);
  if (error) return absl::FailedPreconditionError(absl::StrCat(path, ": ", error.message()));
  if (real.string().size() > kLongestPath) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the data folder's path is too long for the workers' socket: at most ", kLongestPath,
        " characters, not the ", real.string().size(), " of ", real.string()));
  }
  DataRoots roots;
  roots.cache_folder = (real / "cache").string();
  roots.versions_folder = (real / "versions").string();
  roots.folders.push_back((real / "datasets").string());
  for (const std::string& folder :
       {(real / "run").string(), (real / "logs").string(), roots.cache_folder,
        roots.versions_folder, roots.folders.front()}) {
    RETURN_IF_ERROR(MakeFolder(folder));
  }
  if (chmod((real / "run").c_str(), S_IRWXU) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(real.string(), "/run belongs to another user"));
  }
  for (const std::string& root : data_roots) {
    const fs::path found = fs::canonical(root, error);
    if (!error && fs::is_directory(found, error)) roots.folders.push_back(found.string());
  }
  return std::unique_ptr<DataFolder>(new DataFolder(real.string(), std::move(roots)));
}

absl::StatusOr<std::string> DataFolder::Secret() const {
  std::string secret;
  std::ifstream(secret_file()) >> secret;
  if (!secret.empty()) return secret;
  std::random_device random;
  std::string bytes;
  while (bytes.size() < kSecretBytes) bytes.push_back(static_cast<char>(random()));
  secret = absl::BytesToHexString(bytes);
  RETURN_IF_ERROR(WriteWhole(secret_file(), secret + "\n"));
  return secret;
}

absl::Status DataFolder::PublishAddress(const std::string& address) const {
  return WriteWhole(path_ + "/run/address", address + "\n");
}

}  // namespace trainyard
