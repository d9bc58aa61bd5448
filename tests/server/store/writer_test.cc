#include "server/store/writer.h"

#include <future>
#include <vector>

#include "tests/server/store/support.h"

namespace trainyard {
namespace {

class WriterTest : public testing::Test {
 protected:
  WriterTest() {
    auto connection = Connection::Open(folder_.path() + "/test.db", Connection::Mode::kReadWrite);
    EXPECT_OK(connection.status());
    EXPECT_OK((*connection)->RunScript("CREATE TABLE t (id INTEGER PRIMARY KEY)"));
    writer_ = std::make_unique<Writer>(*std::move(connection));
  }

  // Holds the writer's thread, so that what is submitted meanwhile forms one batch.
  std::promise<void> Hold() {
    std::promise<void> release;
    auto released = std::make_shared<std::future<void>>(release.get_future());
    writer_->Submit(
        [released](Connection&) {
          released->wait();
          return absl::OkStatus();
        },
        {}, /*alone=*/true);
    return release;
  }

  static Writer::Work Insert(int id) {
    return [id](Connection& connection) { return connection.Run("INSERT INTO t VALUES (?)", id); };
  }
  Writer::Done Keep(int id) {
    return [this, id](absl::Status status) { results_.emplace_back(id, status); };
  }
  std::vector<int64_t> Rows() {
    auto connection = Connection::Open(folder_.path() + "/test.db", Connection::Mode::kReadOnly);
    EXPECT_OK(connection.status());
    std::vector<int64_t> ids;
    Statement query = (*connection)->Query("SELECT id FROM t ORDER BY id");
    while (query.Next()) ids.push_back(query.Int(0));
    return ids;
  }

  TemporaryFolder folder_;
  std::vector<std::pair<int, absl::Status>> results_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, CallsBackInOrderAfterTheCommit) {
  std::promise<void> release = Hold();
  std::vector<int64_t> seen;
  writer_->Submit(Insert(1), [&](absl::Status status) {
    EXPECT_OK(status);
    seen = Rows();
  });
  for (int id = 2; id <= 5; ++id) writer_->Submit(Insert(id), Keep(id));
  release.set_value();
  writer_->Close();
  // One batch: the first callback sees the commit of all.
  EXPECT_EQ(seen, (std::vector<int64_t>{1, 2, 3, 4, 5}));
  ASSERT_EQ(results_.size(), 4u);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(results_[i].first, i + 2);
}

TEST_F(WriterTest, AFailingClosureUndoesOnlyItself) {
  std::promise<void> release = Hold();
  writer_->Submit(Insert(1), Keep(1));
  writer_->Submit(
      [](Connection& connection) -> absl::Status {
        EXPECT_OK(connection.Run("INSERT INTO t VALUES (2)"));
        return absl::InvalidArgumentError("no");
      },
      Keep(2));
  writer_->Submit(Insert(3), Keep(3));
  release.set_value();
  writer_->Close();
  EXPECT_EQ(Rows(), (std::vector<int64_t>{1, 3}));
  EXPECT_OK(results_[0].second);
  EXPECT_EQ(results_[1].second, absl::InvalidArgumentError("no"));
  EXPECT_OK(results_[2].second);
}

TEST_F(WriterTest, AnErrorOfSqliteReachesItsCallerOnly) {
  std::promise<void> release = Hold();
  writer_->Submit(Insert(1), Keep(1));
  writer_->Submit(Insert(1), Keep(2));
  release.set_value();
  writer_->Close();
  EXPECT_OK(results_[0].second);
  EXPECT_EQ(results_[1].second.code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(WriterTest, AloneBeginsAfterWhatWasBeforeIsOnDisk) {
  std::promise<void> release = Hold();
  std::vector<int64_t> seen;
  writer_->Submit(Insert(1), {});
  writer_->Submit(
      [&](Connection&) {
        seen = Rows();
        return absl::OkStatus();
      },
      {}, /*alone=*/true);
  writer_->Submit(Insert(2), {});
  release.set_value();
  writer_->Close();
  EXPECT_EQ(seen, (std::vector<int64_t>{1}));
  EXPECT_EQ(Rows(), (std::vector<int64_t>{1, 2}));
}

TEST_F(WriterTest, ATransactionThatEndsEarlyFailsTheWholeBatch) {
  std::promise<void> release = Hold();
  writer_->Submit(Insert(1), Keep(1));
  // As SQLite does by itself when the disk is full.
  writer_->Submit(
      [](Connection& connection) {
        EXPECT_OK(connection.Run("ROLLBACK"));
        return absl::ResourceExhaustedError("full");
      },
      Keep(2));
  writer_->Submit(Insert(3), Keep(3));
  release.set_value();
  // A later batch is not touched by it.
  writer_->Submit(Insert(4), Keep(4), /*alone=*/true);
  writer_->Close();
  EXPECT_EQ(Rows(), (std::vector<int64_t>{4}));
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(results_[i].second, absl::ResourceExhaustedError("full")) << i;
  EXPECT_OK(results_[3].second);
}

TEST_F(WriterTest, CloseRunsWhatWasSubmittedAndRefusesTheRest) {
  std::promise<void> release = Hold();
  writer_->Submit(Insert(1), Keep(1));
  release.set_value();
  writer_->Close();
  writer_->Submit(Insert(2), Keep(2));
  ASSERT_EQ(results_.size(), 2u);
  EXPECT_OK(results_[0].second);
  EXPECT_EQ(results_[1].second.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Rows(), (std::vector<int64_t>{1}));
}

}  // namespace
}  // namespace trainyard
