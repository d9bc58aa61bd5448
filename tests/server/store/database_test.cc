#include "server/store/database.h"

#include <fstream>

#include "tests/server/store/support.h"

namespace trainyard {
namespace {

class DatabaseTest : public testing::Test {
 protected:
  DatabaseTest() {
    auto connection = Connection::Open(path_, Connection::Mode::kReadWrite);
    EXPECT_OK(connection.status());
    connection_ = *std::move(connection);
    EXPECT_OK(connection_->RunScript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, payload BLOB)"));
  }

  TemporaryFolder folder_;
  const std::string path_ = folder_.path() + "/test.db";
  std::unique_ptr<Connection> connection_;
};

TEST_F(DatabaseTest, BindsAndReadsEveryType) {
  const std::string bytes("a\0b", 3);
  ASSERT_OK(
      connection_->Run("INSERT INTO t VALUES (?, ?, ?)", 5, std::string("five"), Blob{bytes}));
  Statement query = connection_->Query("SELECT id, name, payload FROM t WHERE name = ?", "five");
  ASSERT_TRUE(query.Next());
  EXPECT_EQ(query.Int(0), 5);
  EXPECT_EQ(query.Bytes(1), "five");
  EXPECT_EQ(query.Bytes(2), bytes);
  EXPECT_EQ(query.BytesSize(2), 3u);
  EXPECT_FALSE(query.Next());
  EXPECT_OK(query.status());
}

TEST_F(DatabaseTest, AnEmptyBlobIsNotNull) {
  ASSERT_OK(connection_->Run("INSERT INTO t VALUES (1, 'a', ?)", Blob{std::string()}));
  Statement query = connection_->Query("SELECT typeof(payload), payload FROM t");
  ASSERT_TRUE(query.Next());
  EXPECT_EQ(query.Bytes(0), "blob");
  EXPECT_EQ(query.Bytes(1), "");
}

TEST_F(DatabaseTest, OneTextMayRunTwiceAtATime) {
  ASSERT_OK(connection_->RunScript("INSERT INTO t VALUES (1, 'a', ''), (2, 'b', '')"));
  const std::string sql = "SELECT id FROM t ORDER BY id";
  Statement outer = connection_->Query(sql);
  ASSERT_TRUE(outer.Next());
  Statement inner = connection_->Query(sql);
  ASSERT_TRUE(inner.Next());
  ASSERT_TRUE(outer.Next());
  EXPECT_EQ(inner.Int(0), 1);
  EXPECT_EQ(outer.Int(0), 2);
}

TEST_F(DatabaseTest, AKeptStatementForgetsWhatWasBound) {
  ASSERT_OK(connection_->Run("INSERT INTO t VALUES (?, ?, ?)", 1, "a", "x"));
  // One parameter less: the third must be NULL and not "x".
  ASSERT_OK(connection_->Run("INSERT INTO t VALUES (?, ?, ?)", 2, "b"));
  Statement query = connection_->Query("SELECT typeof(payload) FROM t WHERE id = 2");
  ASSERT_TRUE(query.Next());
  EXPECT_EQ(query.Bytes(0), "null");
}

TEST_F(DatabaseTest, ErrorsBecomeStatuses) {
  EXPECT_EQ(connection_->Run("SELEKT").code(), absl::StatusCode::kInternal);
  ASSERT_OK(connection_->Run("INSERT INTO t VALUES (1, 'a', '')"));
  EXPECT_EQ(connection_->Run("INSERT INTO t VALUES (2, 'a', '')").code(),
            absl::StatusCode::kAlreadyExists);
  const absl::Status status = connection_->Run("INSERT INTO nowhere VALUES (1)");
  EXPECT_NE(Message(status).find("nowhere"), std::string::npos) << status;
}

// FAILED_PRECONDITION would be taken for a mistake of the one who asks.
TEST_F(DatabaseTest, AReadOnlyConnectionWritesNothingAndIsUnavailable) {
  auto reader = Connection::Open(path_, Connection::Mode::kReadOnly);
  ASSERT_OK(reader.status());
  const absl::Status status = (*reader)->Run("INSERT INTO t VALUES (1, 'a', '')");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "DATABASE_UNAVAILABLE");
}

TEST_F(DatabaseTest, GrowingTheLogTwiceLeavesNoTable) {
  EXPECT_OK(connection_->GrowWal(1 << 20));
  EXPECT_GE(std::filesystem::file_size(path_ + "-wal"), 1u << 20);
  ASSERT_OK(connection_->RunScript("CREATE TABLE wal_growth (filler BLOB)"));
  EXPECT_OK(connection_->GrowWal(1 << 20));
  EXPECT_FALSE(connection_->Query("SELECT 1 FROM sqlite_master WHERE name = 'wal_growth'").Next());
}

TEST_F(DatabaseTest, ALogThatCannotGrowLeavesNoTransaction) {
  ASSERT_OK(connection_->Run("PRAGMA max_page_count = 4"));
  EXPECT_EQ(ReasonOf(connection_->GrowWal(1 << 20)), "DISK_FULL");
  EXPECT_FALSE(connection_->in_transaction());
}

TEST_F(DatabaseTest, AFolderThatIsNotThereIsRefused) {
  const auto connection =
      Connection::Open(folder_.path() + "/no/such.db", Connection::Mode::kReadWrite);
  EXPECT_EQ(connection.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(DatabaseTest, DamageIsFound) {
  ASSERT_OK(connection_->Run("BEGIN"));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_OK(connection_->Run("INSERT INTO t VALUES (?, ?, 'x')", i, std::to_string(i)));
  }
  ASSERT_OK(connection_->Run("COMMIT"));
  EXPECT_OK(connection_->CheckIntegrity());
  connection_.reset();
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 + 100);
  file << std::string(4000, '\xff');
  file.close();
  auto reopened = Connection::Open(path_, Connection::Mode::kReadWrite);
  const absl::Status status = reopened.ok() ? (*reopened)->CheckIntegrity() : reopened.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
}

}  // namespace
}  // namespace trainyard
