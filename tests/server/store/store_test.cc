#include "server/store/store.h"

#include <fstream>

#include "tests/server/store/support.h"

namespace trainyard {
namespace {

using StoreFolderTest = StoreTest;

StoreOptions On(const std::string& folder) {
  StoreOptions options;
  options.folder = folder;
  return options;
}

TEST_F(StoreFolderTest, ASecondServerOnTheFolderIsRefused) {
  const auto second = Store::Open(On(folder_.path()));
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(second.status()), "DATA_FOLDER_IN_USE");
  EXPECT_NE(Message(second.status()).find(std::to_string(getpid())), std::string::npos)
      << second.status();
}

TEST_F(StoreFolderTest, TheFolderIsFreeAgainAfterwards) {
  store_.reset();
  EXPECT_OK(Store::Open(On(folder_.path())).status());
}

TEST_F(StoreFolderTest, KeepsWhatWasWritten) {
  const std::string job = AddJob("a");
  Reopen();
  EXPECT_EQ(Row(job).summary.state(), v1::QUEUED);
}

TEST_F(StoreFolderTest, AFileThatIsNoDatabaseIsDataLoss) {
  store_.reset();
  std::filesystem::remove(folder_.path() + "/trainyard.db-wal");
  std::ofstream(folder_.path() + "/trainyard.db") << std::string(8192, 'x');
  const auto store = Store::Open(On(folder_.path()));
  EXPECT_EQ(store.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(Message(store.status()).find("trainyard.db is damaged"), std::string::npos)
      << store.status();
}

TEST_F(StoreFolderTest, TablesOfANewerServerAreRefused) {
  ASSERT_OK(
      Write([](Connection& connection) { return connection.Run("PRAGMA user_version = 1000"); }));
  store_.reset();
  const auto store = Store::Open(On(folder_.path()));
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(store.status()), "DATA_FOLDER_NEWER");
}

TEST_F(StoreFolderTest, AFolderThatCannotBeMadeIsRefused) {
  std::ofstream(folder_.path() + "/file") << "x";
  EXPECT_EQ(Store::Open(On(folder_.path() + "/file/data")).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(StoreFolderTest, UnfinishedUploadsAreClearedOnOpen) {
  const std::string left = folder_.path() + "/incoming/1";
  std::ofstream(left) << "half";
  Reopen();
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(StoreFolderTest, ReadersSeeOneSnapshot) {
  const std::string job = AddJob("a");
  ASSERT_OK(store_->Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const JobRow before, FindJob(connection, job));
    EXPECT_OK(Append(job, {StateEvent(v1::RUNNING)}));
    ASSIGN_OR_RETURN(const JobRow after, FindJob(connection, job));
    EXPECT_EQ(before.summary.last_sequence(), after.summary.last_sequence());
    return absl::OkStatus();
  }));
  EXPECT_EQ(Row(job).summary.state(), v1::RUNNING);
}

TEST_F(StoreFolderTest, AnAlmostFullDiskIsToldInTime) {
  free_bytes_ = 300ull << 20;
  EXPECT_OK(store_->CheckDisk());
  EXPECT_EQ(ReasonOf(store_->CheckDisk(100ull << 20)), "DISK_FULL");
  free_bytes_ = 255ull << 20;
  EXPECT_EQ(store_->CheckDisk().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store_->CheckDisk(~uint64_t{0}).code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(StoreFolderTest, AFullDiskRefusesAndLosesNothing) {
  const std::string job = AddJob("a");
  // As many pages as there are: the next one is one too many.
  int64_t pages = 0;
  ASSERT_OK(Write([&](Connection& connection) {
    Statement count = connection.Query("PRAGMA page_count");
    if (count.Next()) pages = count.Int(0);
    return count.status();
  }));
  const auto limit = [&](int64_t most) {
    return Write([=](Connection& connection) {
      return connection.Run("PRAGMA max_page_count = " + std::to_string(most));
    });
  };
  ASSERT_OK(limit(pages));
  // Larger than the pages that are free.
  const std::string large(20 << 20, 'x');
  const absl::Status full = Append(job, {LogEvent(v1::INFO, large)});
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted) << full;
  EXPECT_EQ(ReasonOf(full), "DISK_FULL");
  EXPECT_EQ(Row(job).summary.last_sequence(), 1u);
  // Room again.
  ASSERT_OK(limit(pages + 10'000));
  EXPECT_OK(Append(job, {LogEvent(v1::INFO, large)}));
  EXPECT_EQ(Row(job).summary.last_sequence(), 2u);
}

TEST_F(StoreFolderTest, TheWriteAheadLogHasRoomFromTheStart) {
  EXPECT_GE(std::filesystem::file_size(folder_.path() + "/trainyard.db-wal"), 8u << 20);
  AddJob("a");
  Reopen();
  EXPECT_GE(std::filesystem::file_size(folder_.path() + "/trainyard.db-wal"), 8u << 20);
}

TEST_F(StoreFolderTest, WritesAfterCloseAreUnavailable) {
  store_->Close();
  EXPECT_EQ(Write([](Connection&) { return absl::OkStatus(); }).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace trainyard
