#include "server/store/job_store.h"

#include <utility>

#include "engine/base/status.h"
#include "server/store/artifact_references.h"
#include "server/store/jobs_table.h"
#include "server/store/names.h"
#include "server/store/requests.h"
#include "server/store/result_keys.h"

namespace trainyard {

absl::StatusOr<v1::Job> JobStore::GetJob(const std::string& name) const {
  v1::Job job;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(JobRow row, FindJob(connection, name));
    job = std::move(row.summary);
    return FillJob(connection, row.id, job);
  }));
  return job;
}

absl::StatusOr<std::optional<v1::Job>> JobStore::FindAnswer(const std::string& request_id,
                                                            const std::string& request_hash) const {
  std::optional<v1::Job> answer;
  if (request_id.empty()) return answer;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(answer, trainyard::FindAnswer(connection, request_id, request_hash));
    return absl::OkStatus();
  }));
  return answer;
}

absl::StatusOr<JobPage> JobStore::ListJobs(const ListJobsQuery& query) const {
  JobPage page;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(page, trainyard::ListJobs(connection, query));
    return absl::OkStatus();
  }));
  return page;
}

absl::StatusOr<std::string> JobStore::ResolveName(const std::string& name,
                                                  const std::string& field) const {
  std::string full;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(full, trainyard::ResolveName(connection, kJobs, name, field));
    return absl::OkStatus();
  }));
  return full;
}

absl::StatusOr<std::string> JobStore::FindResult(const std::string& key) const {
  std::string name;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(const std::optional<JobRow> row, trainyard::FindResult(connection, key));
    if (row.has_value()) name = row->summary.name();
    return absl::OkStatus();
  }));
  return name;
}

absl::StatusOr<EventSlice> JobStore::ReadEvents(const EventQuery& query) const {
  EventSlice slice;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(slice, trainyard::ReadEvents(connection, query));
    return absl::OkStatus();
  }));
  return slice;
}

absl::StatusOr<uint64_t> JobStore::LastSequence(const std::string& job) const {
  uint64_t last = 0;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    Statement query = connection.Query("SELECT last_sequence FROM jobs WHERE name = ?", job);
    if (query.Next()) {
      last = static_cast<uint64_t>(query.Int(0));
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(query.status());
    return NoSuch(kJobs, job);
  }));
  return last;
}

absl::StatusOr<std::vector<v1::Artifact>> JobStore::ListArtifacts(const std::string& job) const {
  std::vector<v1::Artifact> artifacts;
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    ASSIGN_OR_RETURN(JobRow row, FindJob(connection, job));
    ASSIGN_OR_RETURN(artifacts, ArtifactsOf(connection, row.id));
    return absl::OkStatus();
  }));
  return artifacts;
}

}  // namespace trainyard
