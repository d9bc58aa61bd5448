#include "server/store/sweep_store.h"

#include <algorithm>
#include <set>
#include <utility>

#include <google/protobuf/util/time_util.h>

#include "engine/base/status.h"
#include "server/store/job_groups.h"
#include "server/store/jobs_table.h"
#include "server/store/names.h"
#include "server/store/requests.h"

namespace trainyard {
namespace {

constexpr char kSelect[] = "SELECT id, stopped, sweep FROM sweeps";

using SweepRow = GroupRow<v1::Sweep>;

absl::Status FindRow(Connection& connection, const std::string& name, SweepRow& row) {
  return ReadRowOf(connection, kSweeps, kSelect, name,
                   [&](const Statement& query) { return ReadGroup(query, kSweeps, row); });
}

v1::JobState StateOf(const v1::Sweep& sweep, bool ended_early) {
  bool any_good = false;
  bool all_ended = true;
  for (const v1::SweepTrial& trial : sweep.trials()) {
    all_ended = all_ended && IsTerminal(trial.state());
    any_good = any_good || (trial.state() == v1::SUCCEEDED && !trial.stopped_early());
  }
  return StateOfGroup(all_ended, any_good, ended_early);
}

// States of the jobs, decisions, and what follows from them.
absl::Status FillStates(Connection& connection, SweepRow& row) {
  v1::Sweep& sweep = row.group;
  ASSIGN_OR_RETURN(
      const uint32_t ended,
      FillJobs(connection.Query("SELECT s.trial, s.job, j.state FROM sweep_jobs s LEFT JOIN jobs j "
                                "ON j.name = s.job WHERE s.sweep_id = ?",
                                row.id),
               *sweep.mutable_trials()));
  ASSIGN_OR_RETURN(std::vector<v1::SweepDecision> decisions,
                   ReadDecisions(connection, sweep.name()));
  uint32_t stopped = 0;
  for (v1::SweepDecision& decision : decisions) {
    if (!decision.goes_on() && static_cast<int>(decision.trial()) < sweep.trials_size()) {
      sweep.mutable_trials(static_cast<int>(decision.trial()))->set_stopped_early(true);
      ++stopped;
    }
    *sweep.add_decisions() = std::move(decision);
  }
  sweep.set_trials_ended(ended);
  sweep.set_trials_stopped_early(stopped);
  sweep.set_state(StateOf(sweep, row.ended_early));
  return absl::OkStatus();
}

absl::StatusOr<int64_t> IdOf(Connection& connection, const std::string& sweep) {
  Statement query = connection.Query("SELECT id FROM sweeps WHERE name = ?", sweep);
  if (query.Next()) return query.Int(0);
  RETURN_IF_ERROR(query.status());
  return NoSuch(kSweeps, sweep);
}

}  // namespace

absl::Status InsertSweep(Connection& connection, const std::string& request_id,
                         const std::string& request_hash, const std::vector<std::string>& jobs,
                         const std::function<uint64_t()>& random, std::chrono::nanoseconds now,
                         v1::Sweep& sweep) {
  if (!request_id.empty()) {
    Statement used = connection.Query("SELECT 1 FROM sweeps WHERE request_id = ?", request_id);
    if (used.Next()) return absl::AlreadyExistsError("request_id '" + request_id + "' was used");
    RETURN_IF_ERROR(used.status());
  }
  ASSIGN_OR_RETURN(const std::string name,
                   UnusedName(connection, kSweeps, sweep.specification().name(), random));
  sweep.set_name(name);
  *sweep.mutable_create_time() =
      google::protobuf::util::TimeUtil::NanosecondsToTimestamp(now.count());
  RETURN_IF_ERROR(connection.Run(
      "INSERT INTO sweeps (name, create_time, judged, request_id, body_hash, sweep) VALUES (?, ?, "
      "?, NULLIF(?, ''), ?, ?)",
      name, int64_t{now.count()}, sweep.specification().method() == v1::METHOD_ASHA, request_id,
      Blob{request_hash}, Blob{sweep.SerializeAsString()}));
  const int64_t id = connection.last_insert_id();
  for (size_t trial = 0; trial < jobs.size(); ++trial) {
    RETURN_IF_ERROR(connection.Run("INSERT INTO sweep_jobs (sweep_id, trial, job) VALUES (?, ?, ?)",
                                   id, static_cast<int64_t>(trial), jobs[trial]));
    RETURN_IF_ERROR(SetParent(connection, jobs[trial], name));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::SweepDecision>> ReadDecisions(Connection& connection,
                                                             const std::string& sweep) {
  std::vector<v1::SweepDecision> decisions;
  Statement query = connection.Query(
      "SELECT d.decision FROM sweep_decisions d JOIN sweeps s ON s.id = d.sweep_id WHERE s.name = "
      "? ORDER BY d.number",
      sweep);
  while (query.Next()) {
    if (!decisions.emplace_back().ParseFromString(query.Bytes(0)))
      return UnreadableRow("decision of a sweep");
  }
  RETURN_IF_ERROR(query.status());
  return decisions;
}

absl::Status InsertDecision(Connection& connection, const std::string& sweep,
                            const v1::SweepDecision& decision) {
  ASSIGN_OR_RETURN(const int64_t id, IdOf(connection, sweep));
  {
    Statement made = connection.Query(
        "SELECT 1 FROM sweep_decisions WHERE sweep_id = ? AND trial = ? AND rung = ?", id,
        decision.trial(), decision.rung());
    if (made.Next()) return absl::AlreadyExistsError("that was decided before");
    RETURN_IF_ERROR(made.status());
  }
  return connection.Run(
      "INSERT INTO sweep_decisions (sweep_id, number, trial, rung, decision) VALUES (?, (SELECT "
      "COALESCE(MAX(number), 0) + 1 FROM sweep_decisions WHERE sweep_id = ?), ?, ?, ?)",
      id, id, decision.trial(), decision.rung(), Blob{decision.SerializeAsString()});
}

absl::StatusOr<v1::Sweep> SweepStore::Get(const std::string& name) const {
  SweepRow row;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string full, ResolveName(connection, kSweeps, name, "name"));
    RETURN_IF_ERROR(FindRow(connection, full, row));
    return FillStates(connection, row);
  }));
  return std::move(row.group);
}

absl::StatusOr<std::optional<v1::Sweep>> SweepStore::FindRequest(
    const std::string& request_id, const std::string& request_hash) const {
  if (request_id.empty()) return std::nullopt;
  std::string name;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query =
        connection.Query("SELECT name, body_hash FROM sweeps WHERE request_id = ?", request_id);
    ASSIGN_OR_RETURN(name, NameMadeBy(std::move(query), request_id, request_hash));
    return absl::OkStatus();
  }));
  if (name.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(v1::Sweep sweep, Get(name));
  return sweep;
}

absl::StatusOr<std::vector<v1::Sweep>> SweepStore::List(int count, int64_t before_id,
                                                        int64_t& last_id) const {
  std::vector<SweepRow> rows;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(
        rows, NewestGroups<v1::Sweep>(connection, kSweeps, kSelect, count, before_id, last_id));
    for (SweepRow& row : rows) {
      RETURN_IF_ERROR(FillStates(connection, row));
      row.group.clear_trials();
      row.group.clear_decisions();
    }
    return absl::OkStatus();
  }));
  std::vector<v1::Sweep> sweeps;
  for (SweepRow& row : rows) sweeps.push_back(std::move(row.group));
  return sweeps;
}

absl::Status SweepStore::MarkStopped(const std::string& name) {
  return store_.WriteAndWait([&](Connection& connection) {
    return connection.Run("UPDATE sweeps SET stopped = 1 WHERE name = ?", name);
  });
}

absl::StatusOr<std::vector<std::string>> SweepStore::JudgedSweeps() const {
  std::vector<std::string> names;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query = connection.Query(
        "SELECT name FROM sweeps WHERE judged = 1 AND EXISTS (SELECT 1 FROM sweep_jobs s JOIN jobs "
        "j ON j.name = s.job WHERE s.sweep_id = sweeps.id AND j.state NOT IN (?, ?, ?)) ORDER BY "
        "id",
        static_cast<int>(v1::SUCCEEDED), static_cast<int>(v1::FAILED),
        static_cast<int>(v1::CANCELLED));
    while (query.Next()) names.push_back(query.Bytes(0));
    return query.status();
  }));
  return names;
}

}  // namespace trainyard
