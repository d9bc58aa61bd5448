#include "server/store/artifact_references.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

// Files that a deleted reference may have left alone. The condition is the tree's own text.
absl::Status Drop(Connection& connection, const std::string& condition, int64_t job_id) {
  RETURN_IF_ERROR(connection.Run(
      "INSERT OR IGNORE INTO garbage SELECT sha256 FROM artifact_references WHERE " + condition,
      job_id));
  return connection.Run("DELETE FROM artifact_references WHERE " + condition, job_id);
}

absl::Status DropSuperseded(Connection& connection, int64_t job_id, const std::string& name,
                            uint32_t keep) {
  std::vector<std::pair<int64_t, std::string>> superseded;
  {
    Statement query = connection.Query(
        "SELECT step, sha256 FROM artifact_references WHERE job_id = ? AND name = ? AND sequence > "
        "0 "
        "ORDER BY step DESC, sequence DESC LIMIT -1 OFFSET ?",
        job_id, name, keep);
    while (query.Next()) superseded.emplace_back(query.Int(0), query.Bytes(1));
    RETURN_IF_ERROR(query.status());
  }
  for (const auto& [step, sha256] : superseded) {
    RETURN_IF_ERROR(AddGarbage(connection, sha256));
    RETURN_IF_ERROR(connection.Run(
        "DELETE FROM artifact_references WHERE job_id = ? AND name = ? AND step = ? AND sha256 = ?",
        job_id, name, step, sha256));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddUpload(Connection& connection, int64_t job_id, uint32_t attempt,
                       const v1::Artifact& artifact) {
  RETURN_IF_ERROR(
      connection.Run("INSERT OR IGNORE INTO artifacts (sha256, size_bytes) VALUES (?, ?)",
                     artifact.sha256(), artifact.size_bytes()));
  return connection.Run(
      "INSERT INTO artifact_references (job_id, name, step, sha256, attempt, sequence) VALUES (?, "
      "?, ?, ?, ?, 0) "
      "ON CONFLICT DO UPDATE SET attempt = excluded.attempt",
      job_id, artifact.name(), artifact.step(), artifact.sha256(), attempt);
}

absl::Status KeepArtifact(Connection& connection, JobRow& row, const v1::Artifact& artifact,
                          uint64_t sequence) {
  RETURN_IF_ERROR(
      connection.Run("UPDATE artifact_references SET sequence = ? WHERE job_id = ? AND name = ? "
                     "AND step = ? AND sha256 = ?",
                     sequence, row.id, artifact.name(), artifact.step(), artifact.sha256()));
  // A file that the job keeps already may be told under another name.
  if (connection.changes() == 0) {
    RETURN_IF_ERROR(connection.Run(
        "INSERT INTO artifact_references (job_id, name, step, sha256, attempt, sequence) "
        "SELECT job_id, ?, ?, sha256, attempt, ? FROM artifact_references "
        "WHERE job_id = ? AND sha256 = ? AND sequence > 0 LIMIT 1",
        artifact.name(), artifact.step(), sequence, row.id, artifact.sha256()));
  }
  if (connection.changes() == 0) {
    return absl::InvalidArgumentError(absl::StrCat("artifact '", artifact.name(), "' of step ",
                                                   artifact.step(),
                                                   " was reported but not uploaded"));
  }
  const bool checkpoint = artifact.name() == kCheckpointName;
  if (checkpoint) row.checkpoint_step = std::max(row.checkpoint_step, artifact.step());
  return DropSuperseded(connection, row.id, artifact.name(), checkpoint ? row.checkpoints_kept : 1);
}

absl::StatusOr<bool> HasReference(Connection& connection, const std::string& job,
                                  const v1::Artifact& artifact) {
  Statement query = connection.Query(
      "SELECT 1 FROM artifact_references r JOIN jobs j ON j.id = r.job_id WHERE j.name = ? AND "
      "r.name = ? AND r.step = ? AND r.sha256 = ?",
      job, artifact.name(), artifact.step(), artifact.sha256());
  const bool found = query.Next();
  RETURN_IF_ERROR(query.status());
  return found;
}

absl::Status AddGarbage(Connection& connection, const std::string& sha256) {
  return connection.Run("INSERT OR IGNORE INTO garbage VALUES (?)", sha256);
}

absl::Status DropUploads(Connection& connection, int64_t job_id) {
  return Drop(connection, "job_id = ? AND sequence = 0", job_id);
}

absl::Status DropArtifact(Connection& connection, int64_t job_id, const v1::Artifact& artifact) {
  RETURN_IF_ERROR(AddGarbage(connection, artifact.sha256()));
  return connection.Run(
      "DELETE FROM artifact_references WHERE job_id = ? AND name = ? AND step = ? AND sha256 = ?",
      job_id, artifact.name(), artifact.step(), artifact.sha256());
}

absl::StatusOr<std::vector<v1::Artifact>> ArtifactsOf(Connection& connection, int64_t job_id) {
  std::vector<v1::Artifact> artifacts;
  Statement query = connection.Query(
      "SELECT r.name, r.sha256, a.size_bytes, r.step FROM artifact_references r JOIN artifacts a "
      "ON a.sha256 = r.sha256 WHERE r.job_id = ? AND r.sequence > 0 ORDER BY r.name, r.step DESC, "
      "r.sequence DESC",
      job_id);
  while (query.Next()) {
    v1::Artifact& artifact = artifacts.emplace_back();
    artifact.set_name(query.Bytes(0));
    artifact.set_sha256(query.Bytes(1));
    artifact.set_size_bytes(static_cast<uint64_t>(query.Int(2)));
    artifact.set_step(static_cast<uint64_t>(query.Int(3)));
  }
  RETURN_IF_ERROR(query.status());
  return artifacts;
}

bool HasGarbage(Connection& connection) {
  return connection.Query("SELECT 1 FROM garbage LIMIT 1").Next();
}

absl::StatusOr<std::vector<std::string>> TakeGarbage(Connection& connection) {
  std::vector<std::string> hashes;
  {
    Statement query = connection.Query(
        "SELECT sha256 FROM garbage g WHERE NOT EXISTS "
        "(SELECT 1 FROM artifact_references r WHERE r.sha256 = g.sha256)");
    while (query.Next()) hashes.push_back(query.Bytes(0));
    RETURN_IF_ERROR(query.status());
  }
  for (const std::string& sha256 : hashes) {
    RETURN_IF_ERROR(connection.Run("DELETE FROM artifacts WHERE sha256 = ?", sha256));
  }
  RETURN_IF_ERROR(connection.Run("DELETE FROM garbage"));
  return hashes;
}

}  // namespace trainyard
