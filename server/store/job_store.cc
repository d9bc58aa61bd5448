#include "server/store/job_store.h"

#include <utility>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/artifact_references.h"
#include "server/store/jobs_table.h"
#include "server/store/requests.h"

namespace trainyard {
namespace {

constexpr char kCollection[] = "jobs/";
constexpr char kNewest[] = "@last";
constexpr int kMaxCandidates = 5;

}  // namespace

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
  std::vector<std::string> found;
  const std::string prefix = name.rfind(kCollection, 0) == 0 ? name : kCollection + name;
  if (prefix == kCollection) {
    return WithReason(absl::InvalidArgumentError(field + ": required, for example jobs/mnist-7k2m"),
                      "INVALID_REQUEST", {{"field", field}});
  }
  RETURN_IF_ERROR(store_.Read([&](Connection& connection) -> absl::Status {
    if (name == kNewest) {
      Statement newest = connection.Query("SELECT name FROM jobs ORDER BY id DESC LIMIT 1");
      if (newest.Next()) found.push_back(newest.Bytes(0));
      return newest.status();
    }
    Statement query =
        connection.Query("SELECT name FROM jobs WHERE name >= ? AND name < ? ORDER BY name LIMIT ?",
                         prefix, prefix + "\x7f", kMaxCandidates);
    // The exact name sorts first, and is meant even where it is also a prefix of others.
    while (query.Next()) {
      found.push_back(query.Bytes(0));
      if (found.front() == prefix) break;
    }
    return query.status();
  }));
  if (found.size() == 1) return found.front();
  if (found.empty() && name == kNewest) {
    return WithReason(absl::NotFoundError("there is no job yet"), "JOB_NOT_FOUND",
                      {{"resource_type", "job"}, {"resource_name", kNewest}});
  }
  if (found.empty()) return NoSuchJob(prefix);
  std::string candidates;
  for (const std::string& candidate : found)
    candidates += (candidates.empty() ? "" : ", ") + candidate;
  return WithReason(
      absl::InvalidArgumentError("'" + name + "' is the beginning of several jobs: " + candidates),
      "AMBIGUOUS", {{"field", field}});
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
    return NoSuchJob(job);
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
