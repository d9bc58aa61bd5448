#include "server/store/database.h"

#include <sqlite3.h>

#include <utility>

#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

// A reader never waits for the writer in WAL mode; this covers recovery and checkpoints of the WAL.
constexpr int kBusyTimeoutMilliseconds = 10'000;
constexpr size_t kMaxPreparedStatements = 200;

absl::Status Translate(int result, const std::string& text) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return WithReason(absl::ResourceExhaustedError(text), "DISK_FULL");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return WithReason(absl::DataLossError(text), "DATABASE_CORRUPT");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
      return WithReason(absl::UnavailableError(text), "DATABASE_UNAVAILABLE");
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG:
      return absl::ResourceExhaustedError(text);
    // Never FAILED_PRECONDITION: that says that the caller asked for what may not be.
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return WithReason(absl::UnavailableError(text), "DATABASE_UNAVAILABLE");
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(text);
    default:
      return absl::InternalError(text);
  }
}

// SQLite tells by the answer, and not by an error, that it kept another mode.
absl::Status UseWal(Connection& connection, const std::string& path) {
  Statement mode = connection.Query("PRAGMA journal_mode = WAL");
  const bool wal = mode.Next() && mode.Bytes(0) == "wal";
  if (wal || !mode.status().ok()) return mode.status();
  return absl::FailedPreconditionError(
      "the file system of " + path +
      " cannot hold a write-ahead log; keep the data folder on a local disk");
}

}  // namespace

Statement::Statement(Connection* connection, std::string sql)
    : connection_(connection), sql_(std::move(sql)) {
  const auto kept = connection_->prepared_.find(sql_);
  if (kept != connection_->prepared_.end()) {
    handle_ = kept->second;
    connection_->prepared_.erase(kept);
    return;
  }
  Check(sqlite3_prepare_v3(connection_->handle_, sql_.c_str(), static_cast<int>(sql_.size()) + 1,
                           SQLITE_PREPARE_PERSISTENT, &handle_, nullptr));
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      sql_(std::move(other.sql_)),
      handle_(std::exchange(other.handle_, nullptr)),
      status_(std::move(other.status_)) {}

Statement::~Statement() {
  if (handle_ == nullptr) return;
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  if (connection_->prepared_.size() < kMaxPreparedStatements) {
    connection_->prepared_.emplace(std::move(sql_), handle_);
  } else {
    sqlite3_finalize(handle_);
  }
}

void Statement::Check(int result) {
  if (result == SQLITE_OK || !status_.ok()) return;
  status_ = connection_->Error(result, sql_);
}

bool Statement::Next() {
  if (!status_.ok()) return false;
  const int result = sqlite3_step(handle_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) Check(result);
  return false;
}

int64_t Statement::Int(int column) const { return sqlite3_column_int64(handle_, column); }

std::string Statement::Bytes(int column) const {
  const void* bytes = sqlite3_column_blob(handle_, column);
  const int size = sqlite3_column_bytes(handle_, column);
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

size_t Statement::BytesSize(int column) const { return sqlite3_column_bytes(handle_, column); }

void Statement::Bind(int index, int64_t value) {
  if (status_.ok()) Check(sqlite3_bind_int64(handle_, index, value));
}

void Statement::Bind(int index, const std::string& text) {
  if (!status_.ok()) return;
  Check(
      sqlite3_bind_text64(handle_, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::Bind(int index, Blob blob) {
  if (!status_.ok()) return;
  // A null pointer would bind NULL.
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  Check(sqlite3_bind_blob64(handle_, index, data, blob.bytes.size(), SQLITE_TRANSIENT));
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& path, Mode mode) {
  sqlite3* handle = nullptr;
  const int flags =
      mode == Mode::kReadWrite ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  const int result = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return absl::ResourceExhaustedError("no memory for a database connection");
  std::unique_ptr<Connection> connection(new Connection(handle));
  if (result != SQLITE_OK) return connection->Error(result, "cannot open " + path);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMilliseconds);
  if (mode == Mode::kReadWrite) {
    RETURN_IF_ERROR(UseWal(*connection, path));
    RETURN_IF_ERROR(connection->RunScript("PRAGMA synchronous = FULL"));
  }
  RETURN_IF_ERROR(connection->RunScript("PRAGMA foreign_keys = ON"));
  return connection;
}

Connection::~Connection() {
  for (const auto& [sql, statement] : prepared_) sqlite3_finalize(statement);
  sqlite3_close(handle_);
}

absl::Status Connection::RunScript(const std::string& sql) {
  const int result = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Error(result, sql);
}

int64_t Connection::last_insert_id() const { return sqlite3_last_insert_rowid(handle_); }
int64_t Connection::changes() const { return sqlite3_changes64(handle_); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

absl::Status Connection::GrowWal(int64_t bytes) {
  // A table of this name is what a process that died here left.
  absl::Status grown = RunScript(
      "BEGIN IMMEDIATE; DROP TABLE IF EXISTS wal_growth; CREATE TABLE wal_growth (filler BLOB)");
  if (grown.ok()) grown = Run("INSERT INTO wal_growth VALUES (zeroblob(?))", bytes);
  if (grown.ok()) grown = RunScript("COMMIT; DROP TABLE wal_growth");
  if (!grown.ok()) {
    if (in_transaction()) RunScript("ROLLBACK").IgnoreError();
    return grown;
  }
  // With all of it copied to the database file, the next commit begins at the log's start again.
  const int result =
      sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  return result == SQLITE_OK ? absl::OkStatus() : Error(result, "copying the write-ahead log");
}

absl::Status Connection::CheckIntegrity() {
  // quick_check reads every page once but leaves out the comparison of indexes with tables.
  Statement check = Query("PRAGMA quick_check(3)");
  std::string found;
  while (check.Next()) {
    const std::string line = check.Bytes(0);
    if (line != "ok") found += (found.empty() ? "" : "; ") + line;
  }
  RETURN_IF_ERROR(check.status());
  if (found.empty()) return absl::OkStatus();
  return WithReason(absl::DataLossError(found), "DATABASE_CORRUPT");
}

absl::Status Connection::Error(int result, const std::string& doing) const {
  return Translate(result,
                   std::string("database: ") + sqlite3_errmsg(handle_) + " (" + doing + ")");
}

}  // namespace trainyard
