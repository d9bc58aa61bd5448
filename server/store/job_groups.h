// Studies and sweeps are stored alike, as groups of jobs: a row whose message has parts (points,
// trials), and a table that says which job does which part. A group is a study or a sweep here, and
// its state follows from those of its jobs. Functions on one connection.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <google/protobuf/repeated_field.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/status.h"
#include "server/store/database.h"
#include "server/store/job_state.h"
#include "server/store/rows.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard {

template <typename Group>
struct GroupRow {
  int64_t id = 0;
  bool ended_early = false;
  Group group;
};

// Reads the columns id, whether somebody ended it early, and message.
template <typename Group>
absl::Status ReadGroup(const Statement& query, const Collection& collection, GroupRow<Group>& row) {
  row.id = query.Int(0);
  row.ended_early = query.Int(1) != 0;
  if (row.group.ParseFromString(query.Bytes(2))) return absl::OkStatus();
  return UnreadableRow(collection.noun);
}

// The newest `count` before `before_id`, or of all where that is 0, newest first. `last_id`: of the
// last one where others follow, 0 where none do. `select` gives the columns of ReadGroup.
template <typename Group>
absl::StatusOr<std::vector<GroupRow<Group>>> NewestGroups(Connection& connection,
                                                          const Collection& collection,
                                                          const std::string& select, int count,
                                                          int64_t before_id, int64_t& last_id) {
  std::vector<GroupRow<Group>> rows;
  Statement query = connection.Query(select + " WHERE id < ? OR ? = 0 ORDER BY id DESC LIMIT ?",
                                     before_id, before_id, count + 1);
  while (query.Next()) RETURN_IF_ERROR(ReadGroup(query, collection, rows.emplace_back()));
  RETURN_IF_ERROR(query.status());
  last_id = 0;
  if (rows.size() > static_cast<size_t>(count)) {
    rows.pop_back();
    last_id = rows.back().id;
  }
  return rows;
}

// Gives the parts their jobs and the states of these; `query` has rows of the index of a part, the
// name of its job, and the job's state. Returns how many have ended.
template <typename Part>
absl::StatusOr<uint32_t> FillJobs(Statement query,
                                  google::protobuf::RepeatedPtrField<Part>& parts) {
  uint32_t ended = 0;
  while (query.Next()) {
    const int64_t index = query.Int(0);
    if (index < 0 || index >= parts.size()) continue;
    Part& part = parts[static_cast<int>(index)];
    part.set_job(query.Bytes(1));
    part.set_state(static_cast<v1::JobState>(query.Int(2)));
    if (IsTerminal(part.state())) ++ended;
  }
  RETURN_IF_ERROR(query.status());
  return ended;
}

// `all_ended`: its jobs; `any_good`: one of them came to what it was for.
v1::JobState StateOfGroup(bool all_ended, bool any_good, bool ended_early);

}  // namespace trainyard
