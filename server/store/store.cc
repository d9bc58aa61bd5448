#include "server/store/store.h"

#include <sys/statvfs.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <future>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/folder_lock.h"
#include "server/store/migrations.h"
#include "server/store/reader_pool.h"
#include "server/store/writer.h"

namespace trainyard {
namespace {

// SQLite copies the log to the database file when it holds 4 MiB; the rest is for a reader that
// holds it up.
constexpr int64_t kWalBytes = 8 << 20;

absl::StatusOr<uint64_t> FreeBytes(const std::string& path) {
  struct statvfs facts;
  if (statvfs(path.c_str(), &facts) != 0) {
    return absl::UnavailableError("cannot ask for the free space of " + path + ": " +
                                  std::strerror(errno));
  }
  return uint64_t{facts.f_bavail} * facts.f_frsize;
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return absl::FailedPreconditionError("cannot make the folder " + path + ": " + error.message());
}

// What uploads left behind when an earlier server died.
absl::Status EmptyFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return absl::FailedPreconditionError("cannot empty " + path + ": " + error.message());
  return MakeFolder(path);
}

absl::Status Damaged(const std::string& path, const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return status;
  return WithReason(
      absl::DataLossError("the database " + path + " is damaged (" + Message(status) +
                          "); restore it from a copy, or start on another data folder"),
      "DATABASE_CORRUPT");
}

}  // namespace

Store::Store(StoreOptions options) : options_(std::move(options)) {}
Store::~Store() { Close(); }

absl::StatusOr<std::unique_ptr<Store>> Store::Open(StoreOptions options) {
  if (!options.free_bytes) options.free_bytes = FreeBytes;
  std::unique_ptr<Store> store(new Store(std::move(options)));
  const std::string& folder = store->options_.folder;
  RETURN_IF_ERROR(MakeFolder(folder));
  RETURN_IF_ERROR(MakeFolder(folder + "/artifacts"));
  ASSIGN_OR_RETURN(store->lock_, FolderLock::Acquire(folder));
  RETURN_IF_ERROR(EmptyFolder(folder + "/incoming"));

  const std::string path = folder + "/trainyard.db";
  auto connection = Connection::Open(path, Connection::Mode::kReadWrite);
  if (!connection.ok()) return Damaged(path, connection.status());
  RETURN_IF_ERROR(Damaged(path, (*connection)->CheckIntegrity()));
  RETURN_IF_ERROR(Damaged(path, Migrate(**connection)));
  ASSIGN_OR_RETURN(store->readers_, ReaderPool::Open(path, store->options_.readers));
  // For speed only: a disk that is too full for it is no reason not to start.
  (*connection)->GrowWal(kWalBytes).IgnoreError();
  store->writer_ = std::make_unique<Writer>(*std::move(connection));
  return store;
}

void Store::Write(Work work, Done done) { writer_->Submit(std::move(work), std::move(done)); }

void Store::WriteAlone(Work work, Done done) {
  writer_->Submit(std::move(work), std::move(done), /*alone=*/true);
}

absl::Status Store::WriteAndWait(Work work) {
  TRAINYARD_CHECK(!writer_->OnThread(), "the writer would wait for itself");
  std::promise<absl::Status> result;
  Write(std::move(work), [&result](absl::Status status) { result.set_value(std::move(status)); });
  return result.get_future().get();
}

absl::Status Store::Read(const Work& work) { return readers_->Read(work); }

void Store::Flush() {
  WriteAndWait([](Connection&) { return absl::OkStatus(); }).IgnoreError();
}

void Store::Close() {
  if (writer_) writer_->Close();
}

absl::Status Store::CheckDisk(uint64_t bytes) const {
  ASSIGN_OR_RETURN(const uint64_t free, options_.free_bytes(options_.folder));
  if (free >= bytes && free - bytes >= options_.reserve_bytes) return absl::OkStatus();
  return WithReason(
      absl::ResourceExhaustedError(absl::StrCat(
          "the disk of the data folder is nearly full: ", free >> 20, " MiB free, ",
          options_.reserve_bytes >> 20, " MiB are kept in reserve; delete something there")),
      "DISK_FULL");
}

}  // namespace trainyard
