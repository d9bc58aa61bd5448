// Reads of jobs and their logs, for the API layer. All of them block on SQLite (tens of
// microseconds to a few milliseconds): call them on an executor, never on a thread of gRPC. Writes
// go through JobManager. Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/event_log.h"
#include "server/store/job_list.h"
#include "server/store/store.h"
#include "trainyard/v1/event.pb.h"
#include "trainyard/v1/job.pb.h"

namespace trainyard {

class JobStore {
 public:
  explicit JobStore(Store& store) : store_(store) {}

  // With specification and model. `name`: "jobs/...". NOT_FOUND JOB_NOT_FOUND.
  absl::StatusOr<v1::Job> GetJob(const std::string& name) const;
  // What an earlier request with this id was answered, see requests.h. The transaction of a change
  // looks once more: two repeats may come at a time.
  absl::StatusOr<std::optional<v1::Job>> FindAnswer(const std::string& request_id,
                                                    const std::string& request_hash) const;
  // INVALID_ARGUMENT: page_size, page_token, filter or order_by. Pages are stable while jobs are
  // added: a job is never given twice, and none that existed at the first page is left out (unless
  // the filter drops it).
  absl::StatusOr<JobPage> ListJobs(const ListJobsQuery& query) const;
  // The full name for "jobs/...", a bare name, a unique prefix of one, or "@last" (the newest job).
  // NOT_FOUND; INVALID_ARGUMENT, AMBIGUOUS with the candidates, for `field` of the request.
  absl::StatusOr<std::string> ResolveName(const std::string& name,
                                          const std::string& field = "name") const;
  // The newest job with this result (see result_keys.h) that has succeeded; "" where there is none.
  absl::StatusOr<std::string> FindResult(const std::string& key) const;
  absl::StatusOr<EventSlice> ReadEvents(const EventQuery& query) const;
  // NOT_FOUND JOB_NOT_FOUND.
  absl::StatusOr<uint64_t> LastSequence(const std::string& job) const;
  // Artifacts of a job, latest of each name; kept checkpoints all of them.
  absl::StatusOr<std::vector<v1::Artifact>> ListArtifacts(const std::string& job) const;

 private:
  Store& store_;
};

}  // namespace trainyard
