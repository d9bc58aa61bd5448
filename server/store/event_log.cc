#include "server/store/event_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "google/protobuf/util/time_util.h"
#include "server/store/artifact_references.h"
#include "server/store/job_state.h"
#include "server/store/projection.h"

namespace trainyard {
namespace {

using google::protobuf::util::TimeUtil;

absl::Status SaveResults(Connection& connection, int64_t job_id,
                         const std::vector<v1::Event>& events) {
  if (std::none_of(events.begin(), events.end(), HasResults)) return absl::OkStatus();
  v1::Job results;
  {
    Statement query = connection.Query("SELECT payload FROM results WHERE job_id = ?", job_id);
    if (query.Next() && !results.ParseFromString(query.Bytes(0))) {
      return WithReason(absl::DataLossError("the results of a job cannot be read"),
                        "DATABASE_CORRUPT");
    }
    RETURN_IF_ERROR(query.status());
  }
  for (const v1::Event& event : events) ApplyResults(event, results);
  return connection.Run(
      "INSERT INTO results (job_id, payload) VALUES (?, ?) "
      "ON CONFLICT (job_id) DO UPDATE SET payload = excluded.payload",
      job_id, Blob{results.SerializeAsString()});
}

}  // namespace

absl::Status AppendEvents(Connection& connection, JobRow& row, std::vector<v1::Event> events,
                          std::chrono::nanoseconds now) {
  for (v1::Event& event : events) {
    event.set_sequence(row.summary.last_sequence() + 1);
    if (event.attempt() == 0) event.set_attempt(row.summary.attempts());
    if (!event.has_time()) *event.mutable_time() = TimeUtil::NanosecondsToTimestamp(now.count());
    RETURN_IF_ERROR(ApplyEvent(event, row.summary));
    if (event.has_artifact()) {
      RETURN_IF_ERROR(KeepArtifact(connection, row, event.artifact(), event.sequence()));
    }
    RETURN_IF_ERROR(connection.Run(
        "INSERT INTO events (job_id, sequence, time, attempt, kind, payload) VALUES (?, ?, ?, ?, "
        "?, ?)",
        row.id, event.sequence(), TimeUtil::TimestampToNanoseconds(event.time()), event.attempt(),
        static_cast<int>(event.kind_case()), Blob{event.SerializeAsString()}));
  }
  RETURN_IF_ERROR(SaveResults(connection, row.id, events));
  return SaveJob(connection, row);
}

v1::Event StateEvent(v1::JobState state, const std::string& reason, const std::string& message) {
  v1::Event event;
  event.mutable_state()->set_state(state);
  event.mutable_state()->set_reason(reason);
  event.mutable_state()->set_message(message);
  return event;
}

v1::Event LogEvent(v1::Severity severity, const std::string& text) {
  v1::Event event;
  event.mutable_log()->set_severity(severity);
  event.mutable_log()->set_text(text);
  return event;
}

absl::StatusOr<EventSlice> ReadEvents(Connection& connection, const EventQuery& query) {
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, query.job));
  EventSlice slice;
  slice.last_sequence = row.summary.last_sequence();
  slice.state = row.summary.state();
  slice.reason = row.summary.reason();
  slice.message = row.summary.message();
  // Sequences are signed in SQLite: a greater one is beyond every log.
  if (query.after_sequence >= slice.last_sequence) return slice;

  std::string kinds;
  for (const v1::Event::KindCase kind : query.kinds) {
    absl::StrAppend(&kinds, kinds.empty() ? " AND kind IN (" : ", ", static_cast<int>(kind));
  }
  if (!kinds.empty()) kinds += ")";
  const int limit = std::max(1, query.limit);
  Statement events =
      connection.Query("SELECT payload FROM events WHERE job_id = ? AND sequence > ?" + kinds +
                           " ORDER BY sequence LIMIT ?",
                       row.id, query.after_sequence, int64_t{limit} + 1);
  uint64_t bytes = 0;
  while (events.Next()) {
    const uint64_t size = events.BytesSize(0);
    const bool full = !slice.events.empty() && bytes + size > query.byte_limit;
    if (full || static_cast<int>(slice.events.size()) == limit) {
      slice.complete = false;
      break;
    }
    bytes += size;
    slice.events.emplace_back();
    if (!slice.events.back().ParseFromString(events.Bytes(0))) {
      return WithReason(absl::DataLossError("an event of " + query.job + " cannot be read"),
                        "DATABASE_CORRUPT");
    }
  }
  RETURN_IF_ERROR(events.status());
  return slice;
}

}  // namespace trainyard
