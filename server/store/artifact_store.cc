#include "server/store/artifact_store.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/artifact_references.h"
#include "server/store/jobs_table.h"
#include "server/store/leases.h"

namespace trainyard {
namespace {

constexpr size_t kMaxNameSize = 200;
constexpr size_t kHashDigits = 64;
constexpr size_t kVerifyBlockBytes = 1 << 20;
constexpr size_t kMostVerified = 10'000;
// The times of files have a grain of some milliseconds.
constexpr auto kSettled = std::chrono::seconds(1);
// How often an upload looks at what is left of the disk.
constexpr uint64_t kDiskCheckBytes = 64 << 20;

absl::Status FileError(const std::string& doing, const std::string& path) {
  const int error = errno;
  const std::string text = "cannot " + doing + " " + path + ": " + std::strerror(error);
  if (error == ENOSPC || error == EDQUOT)
    return WithReason(absl::ResourceExhaustedError(text), "DISK_FULL");
  if (error == ENOENT) return absl::NotFoundError(text);
  return absl::UnavailableError(text);
}

// A descriptor that closes itself.
class File {
 public:
  File(const std::string& path, int flags)
      : descriptor_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int descriptor() const { return descriptor_; }
  bool ok() const { return descriptor_ >= 0; }

 private:
  const int descriptor_;
};

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Sha256() { EVP_MD_CTX_free(context_); }
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  void Add(const char* data, size_t size) { EVP_DigestUpdate(context_, data, size); }
  // Lower-case hex. Ends the computation.
  std::string Hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_, digest, &size);
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), size));
  }

 private:
  EVP_MD_CTX* const context_;
};

bool IsHash(const std::string& text) {
  return text.size() == kHashDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

absl::Status SyncFolder(const std::string& path) {
  const File folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.ok() || fsync(folder.descriptor()) != 0) return FileError("sync", path);
  return absl::OkStatus();
}

class Upload final : public ArtifactUpload {
 public:
  Upload(Store& store, Lease lease, v1::Artifact artifact, std::string temporary, std::string path)
      : store_(store),
        lease_(std::move(lease)),
        artifact_(std::move(artifact)),
        temporary_(std::move(temporary)),
        path_(std::move(path)),
        file_(temporary_, O_WRONLY | O_CREAT | O_EXCL) {}

  ~Upload() override { unlink(temporary_.c_str()); }

  absl::Status Opened() const {
    return file_.ok() ? absl::OkStatus() : FileError("create", temporary_);
  }

  absl::Status Append(const std::string& chunk) override {
    if (chunk.size() > artifact_.size_bytes() - written_) {
      return absl::InvalidArgumentError(
          absl::StrCat("artifact '", artifact_.name(), "' is longer than the ",
                       artifact_.size_bytes(), " bytes that were announced"));
    }
    if (written_ / kDiskCheckBytes != (written_ + chunk.size()) / kDiskCheckBytes) {
      RETURN_IF_ERROR(store_.CheckDisk(artifact_.size_bytes() - written_));
    }
    for (size_t done = 0; done < chunk.size();) {
      const ssize_t size = write(file_.descriptor(), chunk.data() + done, chunk.size() - done);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return FileError("write", temporary_);
      done += static_cast<size_t>(size);
    }
    hash_.Add(chunk.data(), chunk.size());
    written_ += chunk.size();
    return absl::OkStatus();
  }

  absl::StatusOr<v1::Artifact> Finish() override {
    if (written_ != artifact_.size_bytes()) {
      return absl::InvalidArgumentError(
          absl::StrCat("artifact '", artifact_.name(), "' has ", written_, " bytes, not the ",
                       artifact_.size_bytes(), " that were announced"));
    }
    if (const std::string found = hash_.Hex(); found != artifact_.sha256()) {
      return absl::InvalidArgumentError("artifact '" + artifact_.name() + "' has the SHA-256 " +
                                        found + ", not " + artifact_.sha256());
    }
    if (fsync(file_.descriptor()) != 0) return FileError("sync", temporary_);
    // The reference comes first: once it is on disk, no garbage collection takes the file.
    RETURN_IF_ERROR(store_.WriteAndWait([this](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(JobRow row, FindJob(connection, lease_.job));
      RETURN_IF_ERROR(CheckLease(connection, row, lease_).status());
      return AddUpload(connection, row.id, lease_.attempt, artifact_);
    }));
    RETURN_IF_ERROR(PutInPlace());
    RETURN_IF_ERROR(CheckReference());
    return artifact_;
  }

 private:
  // Replaces a file of the same content where there is one, which also mends a damaged one.
  absl::Status PutInPlace() {
    const std::string folder = std::filesystem::path(path_).parent_path().string();
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return FileError("make the folder", folder);
    // Always: who made it may not have come to sync it.
    RETURN_IF_ERROR(SyncFolder(std::filesystem::path(folder).parent_path().string()));
    if (rename(temporary_.c_str(), path_.c_str()) != 0) return FileError("put in place", path_);
    return SyncFolder(folder);
  }

  // The lease may have ended, and garbage been collected, before the file was in place: then nobody
  // else will delete it.
  absl::Status CheckReference() {
    bool referred = false;
    RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(referred, HasReference(connection, lease_.job, artifact_));
      return absl::OkStatus();
    }));
    if (referred) return absl::OkStatus();
    RETURN_IF_ERROR(store_.WriteAndWait(
        [this](Connection& connection) { return AddGarbage(connection, artifact_.sha256()); }));
    return WithReason(absl::FailedPreconditionError(
                          absl::StrCat("the lease of ", lease_.job, " ended during the upload")),
                      "LEASE_LOST", {{"job", lease_.job}});
  }

  Store& store_;
  const Lease lease_;
  const v1::Artifact artifact_;
  const std::string temporary_;
  const std::string path_;
  const File file_;
  Sha256 hash_;
  uint64_t written_ = 0;
};

class Reader final : public ArtifactReader {
 public:
  explicit Reader(const std::string& path) : path_(path), file_(path, O_RDONLY) {}

  absl::StatusOr<FileStamp> Stat(const std::string& sha256) {
    if (!file_.ok()) {
      if (errno == ENOENT) {
        return WithReason(absl::NotFoundError("there is no artifact " + sha256),
                          "ARTIFACT_NOT_FOUND",
                          {{"resource_type", "artifact"}, {"resource_name", sha256}});
      }
      return FileError("open", path_);
    }
    struct stat facts;
    if (fstat(file_.descriptor(), &facts) != 0) return FileError("read", path_);
    size_ = static_cast<uint64_t>(facts.st_size);
    return FileStamp{static_cast<uint64_t>(facts.st_ino), size_,
                     std::chrono::seconds(facts.st_mtim.tv_sec) +
                         std::chrono::nanoseconds(facts.st_mtim.tv_nsec)};
  }

  // After Stat. DATA_LOSS where the bytes do not have this hash.
  absl::Status Verify(const std::string& sha256) {
    Sha256 hash;
    for (uint64_t offset = 0; offset < size_;) {
      ASSIGN_OR_RETURN(const std::string block, Read(offset, kVerifyBlockBytes));
      if (block.empty()) break;
      hash.Add(block.data(), block.size());
      offset += block.size();
    }
    if (hash.Hex() == sha256) return absl::OkStatus();
    return WithReason(absl::DataLossError("the stored bytes of artifact " + sha256 +
                                          " have changed on disk (" + path_ + ")"),
                      "CHECKPOINT_CORRUPT", {{"sha256", sha256}});
  }

  uint64_t size() const override { return size_; }

  absl::StatusOr<std::string> Read(uint64_t offset, uint64_t limit) override {
    if (offset > size_) {
      return absl::OutOfRangeError(absl::StrCat("offset ", offset, " is beyond the end, ", size_));
    }
    std::string bytes(std::min(limit, size_ - offset), '\0');
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t size = pread(file_.descriptor(), bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(offset + done));
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return FileError("read", path_);
      if (size == 0) break;
      done += static_cast<size_t>(size);
    }
    bytes.resize(done);
    return bytes;
  }

 private:
  const std::string path_;
  const File file_;
  uint64_t size_ = 0;
};

}  // namespace

std::string ArtifactStore::Path(const std::string& sha256) const {
  return store_.folder() + "/artifacts/" + sha256.substr(0, 2) + "/" + sha256.substr(2);
}

absl::StatusOr<std::unique_ptr<ArtifactUpload>> ArtifactStore::Begin(const Lease& lease,
                                                                     const v1::Artifact& artifact) {
  if (artifact.name().empty() || artifact.name().size() > kMaxNameSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("the name of an artifact has 1 to ", kMaxNameSize, " bytes"));
  }
  if (!IsHash(artifact.sha256())) {
    return absl::InvalidArgumentError("sha256 of artifact '" + artifact.name() +
                                      "' is not 64 lower-case hexadecimal digits");
  }
  if (artifact.size_bytes() > options_.max_artifact_bytes) {
    return WithReason(absl::InvalidArgumentError(absl::StrCat(
                          "artifact '", artifact.name(), "' has ", artifact.size_bytes(),
                          " bytes; the limit is ", options_.max_artifact_bytes)),
                      "ARTIFACT_TOO_LARGE");
  }
  RETURN_IF_ERROR(store_.CheckDisk(artifact.size_bytes()));
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(JobRow row, FindJob(connection, lease.job));
    return CheckLease(connection, row, lease).status();
  }));
  // Unique within the process; the folder was emptied when the store was opened.
  static std::atomic<uint64_t> next{0};
  auto upload = std::make_unique<Upload>(store_, lease, artifact,
                                         absl::StrCat(store_.folder(), "/incoming/", ++next),
                                         Path(artifact.sha256()));
  RETURN_IF_ERROR(upload->Opened());
  return upload;
}

absl::StatusOr<std::unique_ptr<ArtifactReader>> ArtifactStore::Open(
    const std::string& sha256) const {
  if (!IsHash(sha256)) {
    return absl::InvalidArgumentError("sha256 is not 64 lower-case hexadecimal digits");
  }
  auto reader = std::make_unique<Reader>(Path(sha256));
  ASSIGN_OR_RETURN(const FileStamp stamp, reader->Stat(sha256));
  {
    MutexLock lock(mutex_);
    const auto known = verified_.find(sha256);
    if (known != verified_.end() && known->second == stamp) return reader;
  }
  RETURN_IF_ERROR(reader->Verify(sha256));
  // The kernel's clock, as that of the stamp. A younger file may change once more without a change
  // of its time.
  if (std::chrono::system_clock::now().time_since_epoch() - stamp.modified >= kSettled) {
    MutexLock lock(mutex_);
    if (verified_.size() >= kMostVerified) verified_.clear();
    verified_[sha256] = stamp;
  }
  return reader;
}

void ArtifactStore::CollectGarbage(Store::Done done) {
  // Alone: the references must be gone from the disk before their files go.
  store_.WriteAlone(
      [this](Connection& connection) -> absl::Status {
        ASSIGN_OR_RETURN(const std::vector<std::string> hashes, TakeGarbage(connection));
        for (const std::string& sha256 : hashes) {
          if (unlink(Path(sha256).c_str()) != 0 && errno != ENOENT)
            return FileError("delete", Path(sha256));
        }
        return absl::OkStatus();
      },
      std::move(done));
}

}  // namespace trainyard
