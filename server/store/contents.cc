#include "server/store/contents.h"

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {

absl::Status AddContent(Connection& connection, const std::string& sha256, uint64_t size_bytes,
                        std::chrono::nanoseconds now) {
  RETURN_IF_ERROR(connection.Run(
      "INSERT OR IGNORE INTO contents (sha256, size_bytes) VALUES (?, ?)", sha256, size_bytes));
  return connection.Run("INSERT OR REPLACE INTO content_claims (sha256, time) VALUES (?, ?)",
                        sha256, int64_t{now.count()});
}

absl::StatusOr<bool> ClaimContent(Connection& connection, const std::string& sha256,
                                  uint64_t size_bytes, std::chrono::nanoseconds now) {
  RETURN_IF_ERROR(connection.Run(
      "INSERT OR REPLACE INTO content_claims (sha256, time) SELECT sha256, ? FROM contents WHERE "
      "sha256 = ? AND size_bytes = ?",
      int64_t{now.count()}, sha256, size_bytes));
  return connection.changes() > 0;
}

absl::StatusOr<bool> FindContent(Connection& connection, const std::string& sha256,
                                 uint64_t& size_bytes) {
  Statement query = connection.Query("SELECT size_bytes FROM contents WHERE sha256 = ?", sha256);
  const bool found = query.Next();
  if (found) size_bytes = static_cast<uint64_t>(query.Int(0));
  RETURN_IF_ERROR(query.status());
  return found;
}

absl::StatusOr<ContentTotals> TotalsOfContents(Connection& connection) {
  Statement query = connection.Query("SELECT size_bytes, number FROM content_totals");
  ContentTotals totals;
  if (query.Next()) {
    totals.size_bytes = static_cast<uint64_t>(query.Int(0));
    totals.number = static_cast<uint64_t>(query.Int(1));
  }
  RETURN_IF_ERROR(query.status());
  return totals;
}

absl::StatusOr<uint64_t> StoredBytesOf(Connection& connection, const std::string& dataset) {
  Statement query = connection.Query(
      "SELECT COALESCE(SUM(size_bytes), 0) FROM contents WHERE sha256 IN "
      "(SELECT sha256 FROM content_uses WHERE dataset = ?)",
      dataset);
  uint64_t bytes = 0;
  if (query.Next()) bytes = static_cast<uint64_t>(query.Int(0));
  RETURN_IF_ERROR(query.status());
  return bytes;
}

absl::Status UseContents(Connection& connection, const std::string& dataset, uint32_t version,
                         const std::vector<std::string>& hashes) {
  for (const std::string& sha256 : hashes) {
    RETURN_IF_ERROR(connection.Run(
        "INSERT OR REPLACE INTO content_uses (dataset, version, sha256) SELECT ?, ?, sha256 FROM "
        "contents WHERE sha256 = ?",
        dataset, version, sha256));
    if (connection.changes() == 0) {
      return WithReason(absl::FailedPreconditionError(
                            absl::StrCat("content ", sha256, " is not there; upload it again")),
                        "CONTENTS_MISSING");
    }
  }
  return absl::OkStatus();
}

absl::Status DropUses(Connection& connection, const std::string& dataset, uint32_t version) {
  RETURN_IF_ERROR(connection.Run(
      "INSERT OR IGNORE INTO content_garbage SELECT sha256 FROM content_uses WHERE dataset = ? AND "
      "version = ?",
      dataset, version));
  return connection.Run("DELETE FROM content_uses WHERE dataset = ? AND version = ?", dataset,
                        version);
}

absl::Status DropClaims(Connection& connection, const std::vector<std::string>& hashes) {
  for (const std::string& sha256 : hashes) {
    RETURN_IF_ERROR(
        connection.Run("INSERT OR IGNORE INTO content_garbage SELECT sha256 FROM content_claims "
                       "WHERE sha256 = ?",
                       sha256));
    RETURN_IF_ERROR(connection.Run("DELETE FROM content_claims WHERE sha256 = ?", sha256));
  }
  return absl::OkStatus();
}

absl::Status DropOldClaims(Connection& connection, std::chrono::nanoseconds time) {
  RETURN_IF_ERROR(connection.Run(
      "INSERT OR IGNORE INTO content_garbage SELECT sha256 FROM content_claims WHERE time < ?",
      int64_t{time.count()}));
  return connection.Run("DELETE FROM content_claims WHERE time < ?", int64_t{time.count()});
}

bool HasContentGarbage(Connection& connection) {
  return connection.Query("SELECT 1 FROM content_garbage LIMIT 1").Next();
}

absl::StatusOr<std::vector<std::string>> TakeContentGarbage(Connection& connection, int limit) {
  std::vector<std::string> candidates;
  {
    Statement query = connection.Query("SELECT sha256 FROM content_garbage LIMIT ?", limit);
    while (query.Next()) candidates.push_back(query.Bytes(0));
    RETURN_IF_ERROR(query.status());
  }
  std::vector<std::string> garbage;
  for (const std::string& sha256 : candidates) {
    RETURN_IF_ERROR(connection.Run("DELETE FROM content_garbage WHERE sha256 = ?", sha256));
    RETURN_IF_ERROR(connection.Run(
        "DELETE FROM contents WHERE sha256 = ? AND NOT EXISTS (SELECT 1 FROM content_uses u WHERE "
        "u.sha256 = contents.sha256) AND NOT EXISTS (SELECT 1 FROM content_claims c WHERE c.sha256 "
        "= contents.sha256)",
        sha256));
    if (connection.changes() > 0) garbage.push_back(sha256);
  }
  return garbage;
}

absl::Status DropOrphanedUses(Connection& connection) {
  constexpr char kOrphaned[] =
      " WHERE NOT EXISTS (SELECT 1 FROM dataset_versions v WHERE v.dataset = content_uses.dataset "
      "AND v.version = content_uses.version)";
  RETURN_IF_ERROR(connection.Run(
      std::string("INSERT OR IGNORE INTO content_garbage SELECT sha256 FROM content_uses") +
      kOrphaned));
  return connection.Run(std::string("DELETE FROM content_uses") + kOrphaned);
}

}  // namespace trainyard
