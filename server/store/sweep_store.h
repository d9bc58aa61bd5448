// Sweeps: what was asked for, which job does which trial, and what ASHA decided, in the order in
// which it did. What came of the trials is read from their jobs.
//
// Reads block on SQLite, see job_store.h. InsertSweep and the functions on decisions are for one
// connection, to be called within a transaction. Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "server/store/store.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard {

// Writes a sweep whose trials are done by `jobs`, one for each, sets its name and time, and makes
// it the parent of the jobs. ALREADY_EXISTS where the request_id, unless it is empty, was used.
absl::Status InsertSweep(Connection& connection, const std::string& request_id,
                         const std::string& request_hash, const std::vector<std::string>& jobs,
                         const std::function<uint64_t()>& random, std::chrono::nanoseconds now,
                         v1::Sweep& sweep);

// Of one sweep, "sweeps/...", in the order in which they were made.
absl::StatusOr<std::vector<v1::SweepDecision>> ReadDecisions(Connection& connection,
                                                             const std::string& sweep);
// ALREADY_EXISTS where one was made for that trial at that rung.
absl::Status InsertDecision(Connection& connection, const std::string& sweep,
                            const v1::SweepDecision& decision);

class SweepStore {
 public:
  explicit SweepStore(Store& store) : store_(store) {}

  // With jobs, their states, decisions, and the state that follows; NOT_FOUND SWEEP_NOT_FOUND. See
  // names.h for `name`.
  absl::StatusOr<v1::Sweep> Get(const std::string& name) const;
  // What an earlier request with this id made. ALREADY_EXISTS REQUEST_ID_REUSED where it had
  // another body.
  absl::StatusOr<std::optional<v1::Sweep>> FindRequest(const std::string& request_id,
                                                       const std::string& request_hash) const;
  // Newest first, without trials and decisions; those before `before_id` where it is not 0.
  // `last_id`: where the next page begins, 0 where there is none.
  absl::StatusOr<std::vector<v1::Sweep>> List(int count, int64_t before_id, int64_t& last_id) const;
  // From now on its state is that of a sweep that somebody stopped.
  absl::Status MarkStopped(const std::string& name);
  // Names of sweeps by ASHA that have a job which has not ended.
  absl::StatusOr<std::vector<std::string>> JudgedSweeps() const;

  Store& store() { return store_; }

 private:
  Store& store_;
};

}  // namespace trainyard
