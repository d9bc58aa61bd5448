#include "server/datasets/content_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/sha256.h"
#include "engine/base/status.h"
#include "server/datasets/files.h"
#include "server/store/contents.h"

namespace trainyard {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHashDigits = 64;
constexpr size_t kFolderDigits = 2;
constexpr size_t kBlockBytes = 1 << 20;
// How often an upload syncs what came, and looks at what is left of the disk.
constexpr uint64_t kSyncBytes = 32 << 20;
// From so many files on, the whole file system is synced once: with 200 small files 10 to 20 times
// faster.
constexpr size_t kSyncTogether = 8;
// Files that are deleted within one transaction, which holds the writer up.
constexpr int kGarbageAtATime = 200;
// What the server makes itself is written beside the partial files.
constexpr char kMadePrefix[] = "made-";
constexpr int kReadOnly = 0400;

absl::Status Quota(const std::string& reason, const std::string& message) {
  return WithReason(absl::ResourceExhaustedError(message), reason, {{"subject", "datasets"}});
}

}  // namespace

bool IsSha256(const std::string& text) {
  return text.size() == kHashDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

class ContentStore::Upload final : public ContentUpload {
 public:
  // `present`: the content is there, and what comes is left out.
  Upload(ContentStore& contents, StoredContent content, bool present)
      : contents_(contents), content_(std::move(content)), present_(present) {}

  ~Upload() override {
    if (!present_) contents_.End(content_.sha256, finished_ ? 0 : position_, reserved_);
  }

  // Hashes what is there, and cuts off what may stand behind it: the end of a write that failed.
  absl::Status GoOn(uint64_t offset) {
    reserved_ = content_.size_bytes - offset;
    ASSIGN_OR_RETURN(file_, DiskFile::Open(contents_.PartialPath(content_.sha256),
                                           O_RDWR | O_CREAT | (offset == 0 ? O_TRUNC : 0)));
    std::string block(std::min<uint64_t>(kBlockBytes, offset), '\0');
    while (position_ < offset) {
      const size_t wanted = std::min<uint64_t>(block.size(), offset - position_);
      const ssize_t got = read(file_.descriptor(), block.data(), wanted);
      if (got <= 0) return DiskError("read", contents_.PartialPath(content_.sha256));
      hash_.Update(block.data(), static_cast<size_t>(got));
      position_ += static_cast<uint64_t>(got);
    }
    if (ftruncate(file_.descriptor(), static_cast<off_t>(offset)) != 0)
      return DiskError("cut", contents_.PartialPath(content_.sha256));
    return absl::OkStatus();
  }

  void SkipTo(uint64_t offset) { position_ = offset; }

  absl::Status Append(const std::string& chunk) override {
    if (chunk.size() > content_.size_bytes - position_) {
      return absl::InvalidArgumentError(absl::StrCat("chunk: content ", content_.sha256,
                                                     " is longer than the ", content_.size_bytes,
                                                     " bytes that were announced"));
    }
    if (!present_) {
      if (position_ / kSyncBytes != (position_ + chunk.size()) / kSyncBytes) {
        RETURN_IF_ERROR(file_.Sync());
        RETURN_IF_ERROR(contents_.store_.CheckDisk(content_.size_bytes - position_));
      }
      RETURN_IF_ERROR(file_.Write(chunk.data(), chunk.size()));
      hash_.Update(chunk);
      written_ += chunk.size();
      reserved_ -= chunk.size();
      MutexLock lock(contents_.mutex_);
      contents_.reserved_ -= chunk.size();
      contents_.partial_[content_.sha256] = position_ + chunk.size();
    }
    position_ += chunk.size();
    return absl::OkStatus();
  }

  absl::Status Finish() override {
    if (!whole()) {
      return absl::InvalidArgumentError(absl::StrCat("content ", content_.sha256, " ends after ",
                                                     position_, " of ", content_.size_bytes,
                                                     " bytes"));
    }
    if (present_) return absl::OkStatus();
    const std::string path = contents_.PartialPath(content_.sha256);
    if (const std::string found = hash_.HexDigest(); found != content_.sha256) {
      finished_ = true;
      unlink(path.c_str());
      return WithReason(absl::DataLossError(absl::StrCat(
                            "what came has the SHA-256 ", found, ", not ", content_.sha256,
                            " as announced; it was forgotten, send it again")),
                        "CONTENT_CORRUPT", {{"sha256", content_.sha256}});
    }
    RETURN_IF_ERROR(contents_.PutInPlace(path, content_.sha256));
    finished_ = true;
    return absl::OkStatus();
  }

  bool whole() const override { return position_ == content_.size_bytes; }
  bool is_new() const override { return !present_; }
  uint64_t bytes_written() const override { return written_; }

 private:
  ContentStore& contents_;
  const StoredContent content_;
  const bool present_;
  DiskFile file_;
  Sha256 hash_;
  uint64_t position_ = 0;
  uint64_t written_ = 0;
  uint64_t reserved_ = 0;
  bool finished_ = false;
};

absl::StatusOr<std::unique_ptr<ContentStore>> ContentStore::Open(Store& store, Options options,
                                                                 const Clock& clock) {
  std::unique_ptr<ContentStore> contents(new ContentStore(store, options, clock));
  RETURN_IF_ERROR(MakeFolders(store.folder() + "/contents"));
  RETURN_IF_ERROR(MakeFolders(store.folder() + "/partial"));
  RETURN_IF_ERROR(store.WriteAndWait(DropOrphanedUses));
  RETURN_IF_ERROR(contents->DropUnknownFiles());
  contents->ReadPartial();
  RETURN_IF_ERROR(contents->Expire());
  return contents;
}

std::string ContentStore::Path(const std::string& sha256) const {
  return absl::StrCat(store_.folder(), "/contents/", sha256.substr(0, kFolderDigits), "/",
                      sha256.substr(kFolderDigits));
}

std::string ContentStore::PartialPath(const std::string& sha256) const {
  return absl::StrCat(store_.folder(), "/partial/", sha256);
}

// A server that died between putting a file in place and its row left the file alone.
absl::Status ContentStore::DropUnknownFiles() {
  return store_.Read([this](Connection& connection) -> absl::Status {
    std::error_code error;
    for (fs::recursive_directory_iterator entry(store_.folder() + "/contents", error), end;
         !error && entry != end; entry.increment(error)) {
      if (!entry->is_regular_file(error)) continue;
      const fs::path& path = entry->path();
      const std::string sha256 = path.parent_path().filename().string() + path.filename().string();
      uint64_t size = 0;
      ASSIGN_OR_RETURN(const bool known, FindContent(connection, sha256, size));
      if (!known) unlink(path.c_str());
    }
    return absl::OkStatus();
  });
}

void ContentStore::ReadPartial() {
  MutexLock lock(mutex_);
  std::error_code error;
  for (fs::directory_iterator entry(store_.folder() + "/partial", error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (IsSha256(name)) {
      partial_[name] = entry->file_size(error);
    } else {
      unlink(entry->path().c_str());
    }
  }
}

absl::StatusOr<std::vector<MissingContent>> ContentStore::FindMissing(
    const std::vector<StoredContent>& contents) {
  for (const StoredContent& content : contents) {
    if (!IsSha256(content.sha256)) {
      return absl::InvalidArgumentError("contents: a sha256 has 64 lower-case hexadecimal digits");
    }
  }
  std::vector<MissingContent> missing;
  RETURN_IF_ERROR(store_.WriteAndWait([&](Connection& connection) -> absl::Status {
    missing.clear();
    for (const StoredContent& content : contents) {
      ASSIGN_OR_RETURN(const bool there,
                       ClaimContent(connection, content.sha256, content.size_bytes, clock_.Now()));
      if (!there) missing.push_back({content, 0});
    }
    return absl::OkStatus();
  }));
  MutexLock lock(mutex_);
  for (MissingContent& one : missing) {
    const auto found = partial_.find(one.content.sha256);
    // More than the whole is of somebody who was wrong about its size: begin again.
    if (found != partial_.end() && found->second <= one.content.size_bytes)
      one.offset = found->second;
  }
  return missing;
}

absl::Status ContentStore::CheckRoom(uint64_t bytes) {
  ContentTotals totals;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(totals, TotalsOfContents(connection));
    return absl::OkStatus();
  }));
  if (totals.number >= options_.most_contents) {
    return Quota("QUOTA_EXCEEDED", absl::StrCat("the server keeps at most ", options_.most_contents,
                                                " files of data sets; remove some"));
  }
  {
    MutexLock lock(mutex_);
    uint64_t used = totals.size_bytes + reserved_;
    for (const auto& [sha256, size] : partial_) used += size;
    if (options_.most_bytes != 0 &&
        (used > options_.most_bytes || bytes > options_.most_bytes - used)) {
      return Quota("QUOTA_EXCEEDED",
                   absl::StrCat("data sets may take ", options_.most_bytes, " bytes together; ",
                                used, " are used, and ", bytes,
                                " more are needed; remove data sets (trainyard data rm)"));
    }
  }
  return store_.CheckDisk(bytes);
}

absl::StatusOr<std::unique_ptr<ContentUpload>> ContentStore::Begin(const StoredContent& content,
                                                                   uint64_t offset) {
  if (!IsSha256(content.sha256))
    return absl::InvalidArgumentError("content: a sha256 has 64 lower-case hexadecimal digits");
  if (offset > content.size_bytes)
    return absl::InvalidArgumentError("offset: beyond the content's size");
  bool present = false;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    uint64_t size = 0;
    ASSIGN_OR_RETURN(present, FindContent(connection, content.sha256, size));
    present = present && size == content.size_bytes;
    return absl::OkStatus();
  }));
  if (present) {
    auto upload = std::make_unique<Upload>(*this, content, true);
    upload->SkipTo(offset);
    return upload;
  }
  RETURN_IF_ERROR(CheckRoom(content.size_bytes - offset));
  {
    MutexLock lock(mutex_);
    if (active_.count(content.sha256) != 0) {
      return WithReason(
          absl::UnavailableError("another upload of the same content is under way; try again"),
          "UPLOAD_BUSY");
    }
    const auto found = partial_.find(content.sha256);
    const uint64_t there = found == partial_.end() ? 0 : found->second;
    if (offset != 0 && offset != there) {
      return WithReason(absl::OutOfRangeError(absl::StrCat("offset: the server has ", there,
                                                           " bytes of that content, not ", offset)),
                        "UPLOAD_OFFSET", {{"offset", absl::StrCat(there)}});
    }
    if (found == partial_.end() && partial_.size() >= options_.most_partial) {
      return Quota("TOO_MANY_UPLOADS",
                   absl::StrCat("at most ", options_.most_partial,
                                " unfinished uploads are kept; finish some, or try again later"));
    }
    active_.insert(content.sha256);
    partial_[content.sha256] = offset;
    reserved_ += content.size_bytes - offset;
  }
  auto upload = std::make_unique<Upload>(*this, content, false);
  if (absl::Status status = upload->GoOn(offset); !status.ok()) return status;
  return upload;
}

void ContentStore::End(const std::string& sha256, uint64_t bytes, uint64_t reserved) {
  MutexLock lock(mutex_);
  active_.erase(sha256);
  reserved_ -= std::min(reserved, reserved_);
  if (bytes == 0) {
    partial_.erase(sha256);
    unlink(PartialPath(sha256).c_str());
  } else {
    partial_[sha256] = bytes;
  }
}

absl::Status ContentStore::PutInPlace(const std::string& from, const std::string& sha256) {
  const std::string path = Path(sha256);
  const std::string folder = fs::path(path).parent_path().string();
  RETURN_IF_ERROR(MakeFolders(folder));
  if (chmod(from.c_str(), kReadOnly) != 0) return DiskError("protect", from);
  if (rename(from.c_str(), path.c_str()) != 0) return DiskError("put in place", path);
  return absl::OkStatus();
}

absl::Status ContentStore::Sync(const std::vector<StoredContent>& contents) {
  if (contents.size() >= kSyncTogether) {
    ASSIGN_OR_RETURN(const DiskFile folder,
                     DiskFile::Open(store_.folder(), O_RDONLY | O_DIRECTORY));
    if (syncfs(folder.descriptor()) != 0) return DiskError("sync", store_.folder());
    return absl::OkStatus();
  }
  for (const StoredContent& content : contents) {
    const std::string path = Path(content.sha256);
    ASSIGN_OR_RETURN(const DiskFile file, DiskFile::Open(path, O_RDONLY));
    RETURN_IF_ERROR(file.Sync());
    const std::string folder = fs::path(path).parent_path().string();
    RETURN_IF_ERROR(SyncFolder(folder));
    {
      MutexLock lock(mutex_);
      if (synced_folders_.count(folder) != 0) continue;
    }
    // Also where it was there: who made it may not have come to sync it.
    RETURN_IF_ERROR(SyncFolder(store_.folder() + "/contents"));
    MutexLock lock(mutex_);
    synced_folders_.insert(folder);
  }
  return absl::OkStatus();
}

absl::Status ContentStore::Publish(const std::vector<StoredContent>& contents) {
  if (contents.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Sync(contents));
  return store_.WriteAndWait([&](Connection& connection) -> absl::Status {
    for (const StoredContent& content : contents) {
      RETURN_IF_ERROR(AddContent(connection, content.sha256, content.size_bytes, clock_.Now()));
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<StoredContent> ContentStore::Add(
    const std::function<absl::Status(const Sink&)>& write) {
  uint64_t number = 0;
  {
    MutexLock lock(mutex_);
    number = next_made_++;
  }
  const std::string path = absl::StrCat(store_.folder(), "/partial/", kMadePrefix, number);
  StoredContent made;
  const auto make = [&]() -> absl::Status {
    ASSIGN_OR_RETURN(const DiskFile file, DiskFile::Open(path, O_WRONLY | O_CREAT | O_TRUNC));
    Sha256 hash;
    RETURN_IF_ERROR(CheckRoom(0));
    RETURN_IF_ERROR(write([&](const std::string& bytes) -> absl::Status {
      if (made.size_bytes / kSyncBytes != (made.size_bytes + bytes.size()) / kSyncBytes)
        RETURN_IF_ERROR(CheckRoom(made.size_bytes));
      made.size_bytes += bytes.size();
      hash.Update(bytes);
      return file.Write(bytes.data(), bytes.size());
    }));
    made.sha256 = hash.HexDigest();
    RETURN_IF_ERROR(PutInPlace(path, made.sha256));
    return Publish({made});
  };
  if (absl::Status status = make(); !status.ok()) {
    unlink(path.c_str());
    return status;
  }
  return made;
}

absl::Status ContentStore::CollectGarbage() {
  for (bool more = true; more;) {
    absl::Status status;
    // Files go within the transaction: no claim of theirs comes between.
    status = store_.WriteAndWait([&](Connection& connection) -> absl::Status {
      ASSIGN_OR_RETURN(const std::vector<std::string> garbage,
                       TakeContentGarbage(connection, kGarbageAtATime));
      for (const std::string& sha256 : garbage) unlink(Path(sha256).c_str());
      more = HasContentGarbage(connection);
      return absl::OkStatus();
    });
    RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

absl::Status ContentStore::Expire() {
  const std::chrono::nanoseconds oldest = clock_.Now() - options_.keep_unfinished;
  {
    MutexLock lock(mutex_);
    for (auto partial = partial_.begin(); partial != partial_.end();) {
      const std::string path = PartialPath(partial->first);
      struct stat facts;
      const bool old =
          stat(path.c_str(), &facts) != 0 || std::chrono::seconds(facts.st_mtim.tv_sec) < oldest;
      if (!old || active_.count(partial->first) != 0) {
        ++partial;
        continue;
      }
      unlink(path.c_str());
      partial = partial_.erase(partial);
    }
  }
  RETURN_IF_ERROR(store_.WriteAndWait(
      [&](Connection& connection) { return DropOldClaims(connection, oldest); }));
  return CollectGarbage();
}

}  // namespace trainyard
