#include "server/store/study_store.h"

#include <algorithm>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/job_state.h"
#include "server/store/names.h"
#include "server/store/requests.h"

namespace trainyard {
namespace {

constexpr char kColumns[] = "SELECT id, cancelled, study FROM studies ";

struct StudyRow {
  int64_t id = 0;
  bool cancelled = false;
  v1::Study study;
};

absl::Status ReadRow(const Statement& query, StudyRow& row) {
  row.id = query.Int(0);
  row.cancelled = query.Int(1) != 0;
  if (row.study.ParseFromString(query.Bytes(2))) return absl::OkStatus();
  return WithReason(absl::DataLossError("the row of a study cannot be read"), "DATABASE_CORRUPT");
}

v1::JobState StateOf(const v1::Study& study, bool cancelled) {
  bool any_good = false;
  bool all_ended = true;
  for (const v1::StudyPoint& point : study.points()) {
    all_ended = all_ended && IsTerminal(point.state());
    any_good = any_good || point.state() == v1::SUCCEEDED;
  }
  if (cancelled) return all_ended ? v1::CANCELLED : v1::CANCELLING;
  if (!all_ended) return v1::RUNNING;
  return any_good ? v1::SUCCEEDED : v1::FAILED;
}

// States of the jobs, and what follows from them.
absl::Status FillStates(Connection& connection, const StudyRow& row, v1::Study& study) {
  Statement query = connection.Query(
      "SELECT s.point, s.job, j.state FROM study_jobs s LEFT JOIN jobs j ON j.name = s.job WHERE "
      "s.study_id = ?",
      row.id);
  uint32_t ended = 0;
  while (query.Next()) {
    const int64_t index = query.Int(0);
    if (index < 0 || index >= study.points_size()) continue;
    v1::StudyPoint& point = *study.mutable_points(static_cast<int>(index));
    point.set_job(query.Bytes(1));
    point.set_state(static_cast<v1::JobState>(query.Int(2)));
    if (IsTerminal(point.state())) ++ended;
  }
  RETURN_IF_ERROR(query.status());
  study.set_points_ended(ended);
  study.set_state(StateOf(study, row.cancelled));
  return absl::OkStatus();
}

}  // namespace

absl::Status InsertStudy(Connection& connection, const std::string& request_id,
                         const std::string& request_hash, const std::vector<std::string>& jobs,
                         const std::function<uint64_t()>& random, std::chrono::nanoseconds now,
                         v1::Study& study) {
  if (!request_id.empty()) {
    Statement used = connection.Query("SELECT 1 FROM studies WHERE request_id = ?", request_id);
    if (used.Next()) return absl::AlreadyExistsError("request_id '" + request_id + "' was used");
    RETURN_IF_ERROR(used.status());
  }
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
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::Study> StudyStore::Get(const std::string& name) const {
  StudyRow row;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string full, ResolveName(connection, kStudies, name, "name"));
    {
      Statement query = connection.Query(std::string(kColumns) + "WHERE name = ?", full);
      if (!query.Next()) {
        RETURN_IF_ERROR(query.status());
        return NoSuch(kStudies, full);
      }
      RETURN_IF_ERROR(ReadRow(query, row));
    }
    return FillStates(connection, row, row.study);
  }));
  return std::move(row.study);
}

absl::StatusOr<std::optional<v1::Study>> StudyStore::FindRequest(
    const std::string& request_id, const std::string& request_hash) const {
  if (request_id.empty()) return std::nullopt;
  std::string name;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query =
        connection.Query("SELECT name, body_hash FROM studies WHERE request_id = ?", request_id);
    if (!query.Next()) return query.status();
    name = query.Bytes(0);
    if (query.Bytes(1) == request_hash) return absl::OkStatus();
    return RequestIdReused(request_id);
  }));
  if (name.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(v1::Study study, Get(name));
  return study;
}

absl::StatusOr<std::vector<v1::Study>> StudyStore::List(int count, int64_t before_id,
                                                        int64_t& last_id) const {
  std::vector<StudyRow> rows;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    {
      Statement query =
          connection.Query(std::string(kColumns) + "WHERE id < ? OR ? = 0 ORDER BY id DESC LIMIT ?",
                           before_id, before_id, count + 1);
      while (query.Next()) RETURN_IF_ERROR(ReadRow(query, rows.emplace_back()));
      RETURN_IF_ERROR(query.status());
    }
    for (StudyRow& row : rows) RETURN_IF_ERROR(FillStates(connection, row, row.study));
    return absl::OkStatus();
  }));
  last_id = 0;
  if (rows.size() > static_cast<size_t>(count)) {
    rows.pop_back();
    last_id = rows.back().id;
  }
  std::vector<v1::Study> studies;
  for (StudyRow& row : rows) {
    row.study.clear_points();
    studies.push_back(std::move(row.study));
  }
  return studies;
}

absl::Status StudyStore::MarkCancelled(const std::string& name) {
  return store_.WriteAndWait([&](Connection& connection) {
    return connection.Run("UPDATE studies SET cancelled = 1 WHERE name = ?", name);
  });
}

}  // namespace trainyard
