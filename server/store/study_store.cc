#include "server/store/study_store.h"

#include <algorithm>
#include <map>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/job_groups.h"
#include "server/store/jobs_table.h"
#include "server/store/names.h"
#include "server/store/requests.h"

namespace trainyard {
namespace {

constexpr char kSelect[] = "SELECT id, cancelled, study FROM studies";

using StudyRow = GroupRow<v1::Study>;

absl::Status FindRow(Connection& connection, const std::string& name, StudyRow& row) {
  return ReadRowOf(connection, kStudies, kSelect, name,
                   [&](const Statement& query) { return ReadGroup(query, kStudies, row); });
}

v1::JobState StateOf(const v1::Study& study, bool ended_early) {
  bool any_good = false;
  bool all_ended = true;
  for (const v1::StudyPoint& point : study.points()) {
    all_ended = all_ended && IsTerminal(point.state());
    any_good = any_good || point.state() == v1::SUCCEEDED;
  }
  return StateOfGroup(all_ended, any_good, ended_early);
}

// Contender by contender, ascending sizes: points that were added later stand behind the others in
// the row, because study_jobs has their numbers.
void SortPoints(v1::Study& study) {
  std::map<std::string, int> order;
  for (const v1::Contender& contender : study.specification().contenders())
    order.emplace(contender.name(), static_cast<int>(order.size()));
  const auto key = [&](const v1::StudyPoint& point) {
    const auto found = order.find(point.contender());
    return std::make_pair(found == order.end() ? 0 : found->second, point.size());
  };
  std::stable_sort(
      study.mutable_points()->pointer_begin(), study.mutable_points()->pointer_end(),
      [&](const v1::StudyPoint* a, const v1::StudyPoint* b) { return key(*a) < key(*b); });
}

// States of the jobs, and what follows from them.
absl::Status FillStates(Connection& connection, StudyRow& row) {
  v1::Study& study = row.group;
  ASSIGN_OR_RETURN(
      const uint32_t ended,
      FillJobs(connection.Query("SELECT s.point, s.job, j.state FROM study_jobs s LEFT JOIN jobs j "
                                "ON j.name = s.job WHERE s.study_id = ?",
                                row.id),
               *study.mutable_points()));
  study.set_points_ended(ended);
  study.set_state(StateOf(study, row.ended_early));
  SortPoints(study);
  return absl::OkStatus();
}

absl::Status CheckUnused(Connection& connection, const std::string& request_id) {
  if (request_id.empty()) return absl::OkStatus();
  Statement used = connection.Query(
      "SELECT 1 FROM studies WHERE request_id = ? UNION SELECT 1 FROM study_requests WHERE "
      "request_id = ?",
      request_id, request_id);
  if (used.Next()) return absl::AlreadyExistsError("request_id '" + request_id + "' was used");
  return used.status();
}

}  // namespace

absl::Status InsertStudy(Connection& connection, const std::string& request_id,
                         const std::string& request_hash, const std::vector<std::string>& jobs,
                         const std::function<uint64_t()>& random, std::chrono::nanoseconds now,
                         v1::Study& study) {
  RETURN_IF_ERROR(CheckUnused(connection, request_id));
  ASSIGN_OR_RETURN(const std::string name,
                   UnusedName(connection, kStudies, study.specification().name(), random));
  study.set_name(name);
  *study.mutable_create_time() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(now.count());
  RETURN_IF_ERROR(connection.Run(
      "INSERT INTO studies (name, create_time, request_id, body_hash, study) VALUES (?, ?, "
      "NULLIF(?, ''), ?, ?)",
      name, int64_t{now.count()}, request_id, Blob{request_hash}, Blob{study.SerializeAsString()}));
  const int64_t id = connection.last_insert_id();
  for (size_t point = 0; point < jobs.size(); ++point) {
    RETURN_IF_ERROR(connection.Run("INSERT INTO study_jobs (study_id, point, job) VALUES (?, ?, ?)",
                                   id, static_cast<int64_t>(point), jobs[point]));
    if (!study.points(static_cast<int>(point)).reused())
      RETURN_IF_ERROR(SetParent(connection, jobs[point], name));
  }
  return absl::OkStatus();
}

absl::Status StudyCancelled(const std::string& name) {
  return WithReason(absl::FailedPreconditionError(
                        name + " was cancelled, and cannot be extended: start another study"),
                    "STUDY_CANCELLED", {});
}

absl::Status ExtendStudy(Connection& connection, const std::string& request_id,
                         const std::string& request_hash, const std::vector<std::string>& jobs,
                         int known_points, const v1::Study& added) {
  RETURN_IF_ERROR(CheckUnused(connection, request_id));
  StudyRow row;
  RETURN_IF_ERROR(FindRow(connection, added.name(), row));
  if (row.ended_early) return StudyCancelled(added.name());
  if (row.group.points_size() != known_points) {
    return WithReason(absl::UnavailableError(added.name() + " was extended meanwhile: try again"),
                      "STUDY_CHANGED", {});
  }
  *row.group.mutable_specification() = added.specification();
  row.group.mutable_points()->MergeFrom(added.points());
  row.group.set_total_runs(row.group.total_runs() + added.total_runs());
  row.group.set_total_flops(row.group.total_flops() + added.total_flops());
  RETURN_IF_ERROR(connection.Run("UPDATE studies SET study = ? WHERE id = ?",
                                 Blob{row.group.SerializeAsString()}, row.id));
  for (size_t i = 0; i < jobs.size(); ++i) {
    RETURN_IF_ERROR(connection.Run("INSERT INTO study_jobs (study_id, point, job) VALUES (?, ?, ?)",
                                   row.id, known_points + static_cast<int64_t>(i), jobs[i]));
    RETURN_IF_ERROR(SetParent(connection, jobs[i], added.name()));
  }
  if (request_id.empty()) return absl::OkStatus();
  return connection.Run(
      "INSERT INTO study_requests (request_id, body_hash, study_id) VALUES (?, ?, ?)", request_id,
      Blob{request_hash}, row.id);
}

absl::StatusOr<v1::Study> StudyStore::Get(const std::string& name) const {
  StudyRow row;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string full, ResolveName(connection, kStudies, name, "name"));
    RETURN_IF_ERROR(FindRow(connection, full, row));
    return FillStates(connection, row);
  }));
  return std::move(row.group);
}

absl::StatusOr<std::optional<v1::Study>> StudyStore::FindRequest(
    const std::string& request_id, const std::string& request_hash) const {
  if (request_id.empty()) return std::nullopt;
  std::string name;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query = connection.Query(
        "SELECT name, body_hash FROM studies WHERE request_id = ? UNION ALL SELECT s.name, "
        "r.body_hash FROM study_requests r JOIN studies s ON s.id = r.study_id WHERE r.request_id "
        "= ?",
        request_id, request_id);
    ASSIGN_OR_RETURN(name, NameMadeBy(std::move(query), request_id, request_hash));
    return absl::OkStatus();
  }));
  if (name.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(v1::Study study, Get(name));
  return study;
}

absl::StatusOr<std::vector<v1::Study>> StudyStore::List(int count, int64_t before_id,
                                                        int64_t& last_id) const {
  std::vector<StudyRow> rows;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(
        rows, NewestGroups<v1::Study>(connection, kStudies, kSelect, count, before_id, last_id));
    for (StudyRow& row : rows) RETURN_IF_ERROR(FillStates(connection, row));
    return absl::OkStatus();
  }));
  std::vector<v1::Study> studies;
  for (StudyRow& row : rows) {
    row.group.clear_points();
    studies.push_back(std::move(row.group));
  }
  return studies;
}

absl::StatusOr<StudyEventSlice> StudyStore::ReadEvents(const std::string& name,
                                                       uint64_t after_sequence, int limit) const {
  StudyEventSlice slice;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string full, ResolveName(connection, kStudies, name, "name"));
    StudyRow row;
    RETURN_IF_ERROR(FindRow(connection, full, row));
    const v1::Study planned = row.group;  // its points in the order of their numbers
    RETURN_IF_ERROR(FillStates(connection, row));
    slice.study = std::move(row.group);
    slice.points = slice.study.points_size();
    for (const v1::StudyPoint& point : slice.study.points())
      slice.measured += point.state() == v1::SUCCEEDED ? 1 : 0;
    slice.study.clear_points();
    Statement last = connection.Query(
        "SELECT COALESCE(MAX(sequence), 0) FROM study_events WHERE study_id = ?", row.id);
    if (last.Next()) slice.last_sequence = static_cast<uint64_t>(last.Int(0));
    RETURN_IF_ERROR(last.status());
    if (after_sequence >= slice.last_sequence) return absl::OkStatus();
    Statement query = connection.Query(
        "SELECT e.sequence, e.point, e.state, s.job FROM study_events e LEFT JOIN study_jobs s ON "
        "s.study_id = e.study_id AND s.point = e.point WHERE e.study_id = ? AND e.sequence > ? "
        "ORDER BY e.sequence LIMIT ?",
        row.id, after_sequence, int64_t{limit});
    while (query.Next()) {
      v1::StudyEvent& event = slice.events.emplace_back();
      event.set_sequence(static_cast<uint64_t>(query.Int(0)));
      const auto state = static_cast<v1::JobState>(query.Int(2));
      const int64_t point = query.Int(1);
      if (point < 0 || point >= planned.points_size()) {
        event.set_study(state);
        continue;
      }
      *event.mutable_point() = planned.points(static_cast<int>(point));
      event.mutable_point()->set_state(state);
      event.mutable_point()->set_job(query.Bytes(3));
    }
    slice.complete = slice.events.empty() || slice.events.back().sequence() == slice.last_sequence;
    return query.status();
  }));
  return slice;
}

absl::StatusOr<std::vector<std::string>> StudyStore::ForecastsDue() const {
  std::vector<std::string> names;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query = connection.Query(
        "SELECT name FROM studies s WHERE forecasts_due = 1 AND NOT EXISTS (SELECT 1 FROM "
        "study_jobs p JOIN jobs j ON j.name = p.job WHERE p.study_id = s.id AND j.state < ?) "
        "ORDER BY id LIMIT 20",
        int64_t{v1::SUCCEEDED});
    while (query.Next()) names.push_back(query.Bytes(0));
    return query.status();
  }));
  return names;
}

absl::Status StudyStore::MarkCancelled(const std::string& name) {
  return store_.WriteAndWait([&](Connection& connection) {
    return connection.Run("UPDATE studies SET cancelled = 1 WHERE name = ?", name);
  });
}

}  // namespace trainyard
