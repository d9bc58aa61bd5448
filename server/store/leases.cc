#include "server/store/leases.h"

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

constexpr char kSelect[] =
    "SELECT j.name, l.attempt, l.token, l.worker, l.process_id, l.process_start_time, "
    "l.last_worker_sequence, "
    "l.active FROM leases l JOIN jobs j ON j.id = l.job_id ";

LeaseRow ReadLease(const Statement& query) {
  LeaseRow row;
  row.lease = {query.Bytes(0), static_cast<uint32_t>(query.Int(1)),
               static_cast<uint64_t>(query.Int(2))};
  row.process = {query.Bytes(3), query.Int(4), static_cast<uint64_t>(query.Int(5))};
  row.last_worker_sequence = static_cast<uint64_t>(query.Int(6));
  row.active = query.Int(7) != 0;
  return row;
}

}  // namespace

absl::StatusOr<Lease> ClaimLease(Connection& connection, const JobRow& row,
                                 const WorkerProcess& process) {
  ASSIGN_OR_RETURN(const std::optional<LeaseRow> before, FindLease(connection, row));
  Lease lease{row.summary.name(), row.summary.attempts() + 1, before ? before->lease.token + 1 : 1};
  RETURN_IF_ERROR(connection.Run(
      "INSERT OR REPLACE INTO leases (job_id, attempt, token, worker, process_id, "
      "process_start_time, "
      "last_worker_sequence, active) VALUES (?, ?, ?, ?, ?, ?, 0, 1)",
      row.id, lease.attempt, lease.token, process.worker, process.process_id, process.start_time));
  return lease;
}

absl::StatusOr<std::optional<LeaseRow>> FindLease(Connection& connection, const JobRow& row) {
  Statement query = connection.Query(std::string(kSelect) + "WHERE job_id = ?", row.id);
  if (query.Next()) return ReadLease(query);
  RETURN_IF_ERROR(query.status());
  return std::nullopt;
}

absl::StatusOr<std::vector<LeaseRow>> ActiveLeases(Connection& connection) {
  std::vector<LeaseRow> rows;
  Statement query = connection.Query(std::string(kSelect) + "WHERE active = 1 ORDER BY job_id");
  while (query.Next()) rows.push_back(ReadLease(query));
  RETURN_IF_ERROR(query.status());
  return rows;
}

absl::StatusOr<LeaseRow> CheckLease(Connection& connection, const JobRow& row, const Lease& lease) {
  ASSIGN_OR_RETURN(std::optional<LeaseRow> found, FindLease(connection, row));
  if (found && found->active && found->lease == lease) return *found;
  return WithReason(absl::FailedPreconditionError(
                        absl::StrCat("attempt ", lease.attempt, " (token ", lease.token, ") of ",
                                     row.summary.name(), " no longer holds the job")),
                    "LEASE_LOST", {{"job", row.summary.name()}});
}

absl::Status SetLastWorkerSequence(Connection& connection, int64_t job_id, uint64_t sequence) {
  return connection.Run("UPDATE leases SET last_worker_sequence = ? WHERE job_id = ?", sequence,
                        job_id);
}

absl::Status ReleaseLease(Connection& connection, int64_t job_id) {
  return connection.Run("UPDATE leases SET active = 0 WHERE job_id = ?", job_id);
}

}  // namespace trainyard
