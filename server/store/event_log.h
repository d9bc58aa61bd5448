// The append-only log of a job. Functions on one connection, to be called within a transaction.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "server/store/jobs_table.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard {

struct EventQuery {
  // "jobs/...".
  std::string job = {};
  // Events with a greater sequence.
  uint64_t after_sequence = 0;
  // At most so many events, and no further event once `byte_limit` bytes are read (at least one is
  // given).
  int limit = 1000;
  uint64_t byte_limit = 1 << 20;
  // Only these kinds; empty: all.
  std::vector<v1::Event::KindCase> kinds = {};
};

struct EventSlice {
  std::vector<v1::Event> events;
  // Of the job when the slice was read, in the same snapshot.
  uint64_t last_sequence = 0;
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  std::string reason;
  std::string message;
  // False where the limits cut the slice: read on after events.back().sequence().
  bool complete = true;
};

// Appends with the next sequences and the row's attempt, `now` where an event has no time of its
// own, and brings the row (also on disk), its results and its artifacts up to date. All or nothing:
// an event that may not follow fails the call, see ApplyEvent; the caller's transaction must then
// be given up.
absl::Status AppendEvents(Connection& connection, JobRow& row, std::vector<v1::Event> events,
                          std::chrono::nanoseconds now);

// An event of a change of state, for AppendEvents.
v1::Event StateEvent(v1::JobState state, const std::string& reason = "",
                     const std::string& message = "");
v1::Event LogEvent(v1::Severity severity, const std::string& text);

absl::StatusOr<EventSlice> ReadEvents(Connection& connection, const EventQuery& query);

}  // namespace trainyard
