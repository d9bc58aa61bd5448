#include "server/store/jobs_table.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "google/protobuf/util/time_util.h"
#include "server/store/names.h"
#include "server/store/rows.h"

namespace trainyard {
namespace {

using google::protobuf::util::TimeUtil;

constexpr uint32_t kDefaultCheckpointsKept = 2;
constexpr char kColumns[] =
    "id, create_time, cores, memory_bytes, checkpoint_step, attempt_checkpoint_step, "
    "stalled_attempts, "
    "checkpoints_kept, summary";

absl::Status ReadRow(const Statement& query, JobRow& row) {
  row.id = query.Int(0);
  row.create_time = std::chrono::nanoseconds(query.Int(1));
  row.cores = static_cast<uint32_t>(query.Int(2));
  row.memory_bytes = static_cast<uint64_t>(query.Int(3));
  row.checkpoint_step = static_cast<uint64_t>(query.Int(4));
  row.attempt_checkpoint_step = static_cast<uint64_t>(query.Int(5));
  row.stalled_attempts = static_cast<uint32_t>(query.Int(6));
  row.checkpoints_kept = static_cast<uint32_t>(query.Int(7));
  if (row.summary.ParseFromString(query.Bytes(8))) return absl::OkStatus();
  return UnreadableRow(kJobs.noun);
}

}  // namespace

absl::StatusOr<JobRow> FindJob(Connection& connection, const std::string& name) {
  JobRow row;
  RETURN_IF_ERROR(ReadRowOf(connection, kJobs, std::string("SELECT ") + kColumns + " FROM jobs",
                            name, [&](const Statement& query) { return ReadRow(query, row); }));
  return row;
}

absl::StatusOr<JobRow> InsertJob(Connection& connection, const v1::Specification& specification,
                                 const v1::ModelSummary& model, int32_t priority,
                                 std::chrono::nanoseconds now,
                                 const std::function<uint64_t()>& random) {
  ASSIGN_OR_RETURN(const std::string name,
                   UnusedName(connection, kJobs, specification.name(), random));
  JobRow row;
  row.create_time = now;
  row.cores = std::max(1u, specification.resources().cores());
  const uint64_t asked = specification.resources().memory_bytes();
  row.memory_bytes = asked != 0 ? asked : model.memory_bytes();
  const uint32_t keep = specification.checkpoint().keep();
  row.checkpoints_kept = keep != 0 ? keep : kDefaultCheckpointsKept;

  v1::Job& summary = row.summary;
  summary.set_name(name);
  summary.mutable_specification()->set_name(specification.name());
  *summary.mutable_model() = model;
  summary.mutable_model()->clear_layers();
  summary.set_priority(priority);
  *summary.mutable_create_time() = TimeUtil::NanosecondsToTimestamp(now.count());

  RETURN_IF_ERROR(
      connection.Run("INSERT INTO jobs (name, state, priority_rank, create_time, cores, "
                     "memory_bytes, last_sequence, attempts, "
                     "checkpoints_kept, summary) VALUES (?, 0, ?, ?, ?, ?, 0, 0, ?, ?)",
                     name, -int64_t{priority}, int64_t{now.count()}, row.cores, row.memory_bytes,
                     row.checkpoints_kept, Blob{summary.SerializeAsString()}));
  row.id = connection.last_insert_id();
  RETURN_IF_ERROR(connection.Run(
      "INSERT INTO specifications (job_id, specification, model) VALUES (?, ?, ?)", row.id,
      Blob{specification.SerializeAsString()}, Blob{model.SerializeAsString()}));
  return row;
}

absl::Status SaveJob(Connection& connection, const JobRow& row) {
  return connection.Run(
      "UPDATE jobs SET state = ?, last_sequence = ?, attempts = ?, checkpoint_step = ?, "
      "attempt_checkpoint_step = ?, stalled_attempts = ?, summary = ? WHERE id = ?",
      static_cast<int>(row.summary.state()), row.summary.last_sequence(), row.summary.attempts(),
      row.checkpoint_step, row.attempt_checkpoint_step, row.stalled_attempts,
      Blob{row.summary.SerializeAsString()}, row.id);
}

absl::Status SetParent(Connection& connection, const std::string& job, const std::string& parent) {
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, job));
  row.summary.set_parent(parent);
  return SaveJob(connection, row);
}

absl::Status FillJob(Connection& connection, int64_t id, v1::Job& job) {
  Statement query = connection.Query(
      "SELECT s.specification, s.model, r.payload FROM specifications s LEFT JOIN results r ON "
      "r.job_id = s.job_id WHERE s.job_id = ?",
      id);
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return WithReason(absl::DataLossError("a job has lost its specification"), "DATABASE_CORRUPT");
  }
  v1::Job results;
  if (!job.mutable_specification()->ParseFromString(query.Bytes(0)) ||
      !job.mutable_model()->ParseFromString(query.Bytes(1)) ||
      !results.ParseFromString(query.Bytes(2))) {
    return WithReason(absl::DataLossError("the specification of a job cannot be read"),
                      "DATABASE_CORRUPT");
  }
  job.mutable_results()->Swap(results.mutable_results());
  job.mutable_runs()->Swap(results.mutable_runs());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<JobRow>> JobsInState(Connection& connection, v1::JobState state) {
  std::vector<JobRow> rows;
  Statement query =
      connection.Query(std::string("SELECT ") + kColumns + " FROM jobs WHERE state = ? ORDER BY id",
                       static_cast<int>(state));
  while (query.Next()) RETURN_IF_ERROR(ReadRow(query, rows.emplace_back()));
  RETURN_IF_ERROR(query.status());
  return rows;
}

}  // namespace trainyard
