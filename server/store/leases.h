// Leases of jobs: which worker process may report, and how far its reports are on disk. Functions
// on one connection, to be called within a transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "server/store/jobs_table.h"
#include "server/store/lease.h"

namespace trainyard {

struct LeaseRow {
  Lease lease;
  WorkerProcess process;
  // Newest sequence of the worker's reports that is on disk.
  uint64_t last_worker_sequence = 0;
  // False once the lease is over.
  bool active = false;
};

// Begins the next attempt: attempt and token grow. The caller appends the RUNNING event.
absl::StatusOr<Lease> ClaimLease(Connection& connection, const JobRow& row,
                                 const WorkerProcess& process);

// The job's newest lease; nothing where it never had one.
absl::StatusOr<std::optional<LeaseRow>> FindLease(Connection& connection, const JobRow& row);

// All that are not over.
absl::StatusOr<std::vector<LeaseRow>> ActiveLeases(Connection& connection);

// FAILED_PRECONDITION LEASE_LOST unless `lease` is the job's newest and not over.
absl::StatusOr<LeaseRow> CheckLease(Connection& connection, const JobRow& row, const Lease& lease);

absl::Status SetLastWorkerSequence(Connection& connection, int64_t job_id, uint64_t sequence);
// Ends the lease; its token stays known, so that the next one is greater.
absl::Status ReleaseLease(Connection& connection, int64_t job_id);

}  // namespace trainyard
