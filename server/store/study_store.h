// Studies: what was asked for, and which job does which point. What came of it is read from the
// jobs.
//
// Reads block on SQLite, see job_store.h. Writes are functions on one connection, to be called
// within the transaction that makes the jobs. Thread-safe.
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
#include "trainyard/v1/study.pb.h"
#include "trainyard/v1/study_event.pb.h"

namespace trainyard {

// Writes a study whose points are done by `jobs`, one for each, and sets its name and time.
// ALREADY_EXISTS where the request_id, unless it is empty, was used.
absl::Status InsertStudy(Connection& connection, const std::string& request_id,
                         const std::string& request_hash, const std::vector<std::string>& jobs,
                         const std::function<uint64_t()>& random, std::chrono::nanoseconds now,
                         v1::Study& study);

// Adds points, done by `jobs`, one for each, to the study `added.name()`, which then has the
// specification of `added`; its runs and FLOPs are added to those of the study. `known_points`: so
// many the study had when the points were chosen. UNAVAILABLE STUDY_CHANGED where it has others by
// now, FAILED_PRECONDITION STUDY_CANCELLED, ALREADY_EXISTS as InsertStudy.
absl::Status ExtendStudy(Connection& connection, const std::string& request_id,
                         const std::string& request_hash, const std::vector<std::string>& jobs,
                         int known_points, const v1::Study& added);
absl::Status StudyCancelled(const std::string& name);

// A part of the log of what happened to a study.
struct StudyEventSlice {
  // Points as they were planned, with their jobs and the state that they came to.
  std::vector<v1::StudyEvent> events;
  // The study when the slice was read, in the same snapshot; without points.
  v1::Study study;
  uint64_t last_sequence = 0;
  // Points that succeeded, and all of them.
  int measured = 0;
  int points = 0;
  // False where the limit cut the slice: read on after events.back().sequence().
  bool complete = true;
};

class StudyStore {
 public:
  explicit StudyStore(Store& store) : store_(store) {}

  // With the names and states of its jobs, and the state that follows from them; NOT_FOUND
  // STUDY_NOT_FOUND. See names.h for `name`.
  absl::StatusOr<v1::Study> Get(const std::string& name) const;
  // What an earlier request with this id made or extended, as it is now. ALREADY_EXISTS
  // REQUEST_ID_REUSED where it had another body.
  absl::StatusOr<std::optional<v1::Study>> FindRequest(const std::string& request_id,
                                                       const std::string& request_hash) const;
  // Newest first, without points; those before `before_id` where it is not 0. `last_id`: where the
  // next page begins, 0 where there is none.
  absl::StatusOr<std::vector<v1::Study>> List(int count, int64_t before_id, int64_t& last_id) const;
  // At most `limit` events after that sequence, in their order. NOT_FOUND.
  absl::StatusOr<StudyEventSlice> ReadEvents(const std::string& name, uint64_t after_sequence,
                                             int limit) const;
  // Names of studies whose jobs have all ended and whose forecasts are yet to be kept, oldest
  // first; some of them.
  absl::StatusOr<std::vector<std::string>> ForecastsDue() const;
  // From now on its state is that of a study that somebody stopped.
  absl::Status MarkCancelled(const std::string& name);

 private:
  Store& store_;
};

}  // namespace trainyard
