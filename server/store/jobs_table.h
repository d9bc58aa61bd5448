// The row of a job: a projection of its log that is kept in the transaction that appends to it.
//
// Functions on one connection, to be called within a transaction (Store::Write, Store::Read).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

struct JobRow {
  int64_t id = 0;
  // As lists show it: without results, model layers, and with the specification's name only. Holds
  // name, state, priority, attempts and last_sequence.
  v1::Job summary;
  std::chrono::nanoseconds create_time{0};
  uint32_t cores = 1;
  uint64_t memory_bytes = 0;
  // Step of the newest checkpoint, and what it was when the attempt began.
  uint64_t checkpoint_step = 0;
  uint64_t attempt_checkpoint_step = 0;
  // Attempts in a row that lost their worker without a newer checkpoint.
  uint32_t stalled_attempts = 0;
  uint32_t checkpoints_kept = 2;
};

// NOT_FOUND JOB_NOT_FOUND.
absl::StatusOr<JobRow> FindJob(Connection& connection, const std::string& name);

// Gives the job a name, "jobs/<specification.name>-<random>", and writes its row without any event.
// `random` gives random bits.
absl::StatusOr<JobRow> InsertJob(Connection& connection, const v1::Specification& specification,
                                 const v1::ModelSummary& model, int32_t priority,
                                 std::chrono::nanoseconds now,
                                 const std::function<uint64_t()>& random);

// Writes what may change.
absl::Status SaveJob(Connection& connection, const JobRow& row);
// Says of a job which study or sweep made it.
absl::Status SetParent(Connection& connection, const std::string& job, const std::string& parent);

// Adds specification, model and results to a light job.
absl::Status FillJob(Connection& connection, int64_t id, v1::Job& job);

// Rows in a state, oldest first.
absl::StatusOr<std::vector<JobRow>> JobsInState(Connection& connection, v1::JobState state);

}  // namespace trainyard
