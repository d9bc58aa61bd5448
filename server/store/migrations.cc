#include "server/store/migrations.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {
namespace {

// Times are nanoseconds since the Unix epoch; payloads are serialized messages of trainyard.v1.
// What was released is never edited: a change is a new entry at the end.
constexpr const char* kMigrations[] = {
    // 1: jobs, their logs, requests, leases, artifacts.
    R"sql(
CREATE TABLE jobs (
  id INTEGER PRIMARY KEY,           -- order of creation
  name TEXT NOT NULL UNIQUE,        -- "jobs/..."
  state INTEGER NOT NULL,
  priority_rank INTEGER NOT NULL,   -- -priority, so that every index ascends
  create_time INTEGER NOT NULL,
  cores INTEGER NOT NULL,
  memory_bytes INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  checkpoint_step INTEGER NOT NULL DEFAULT 0,          -- of the newest checkpoint
  attempt_checkpoint_step INTEGER NOT NULL DEFAULT 0,  -- the same when the attempt began
  stalled_attempts INTEGER NOT NULL DEFAULT 0,         -- in a row, lost without a newer checkpoint
  checkpoints_kept INTEGER NOT NULL,
  summary BLOB NOT NULL             -- v1.Job as lists show it, without results
);
CREATE INDEX jobs_by_state ON jobs(state, id);
CREATE INDEX jobs_by_priority ON jobs(priority_rank, id);
CREATE INDEX jobs_by_state_priority ON jobs(state, priority_rank, id);

-- What never changes and may be large.
CREATE TABLE specifications (
  job_id INTEGER PRIMARY KEY REFERENCES jobs(id),
  specification BLOB NOT NULL,
  model BLOB NOT NULL
);

-- v1.Job with nothing but results.
CREATE TABLE results (
  job_id INTEGER PRIMARY KEY REFERENCES jobs(id),
  payload BLOB NOT NULL
);

CREATE TABLE events (
  job_id INTEGER NOT NULL,
  sequence INTEGER NOT NULL,        -- 1, 2, 3 ... within the job
  time INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  kind INTEGER NOT NULL,            -- field number of Event.kind
  payload BLOB NOT NULL,            -- v1.Event
  PRIMARY KEY (job_id, sequence)
) WITHOUT ROWID;
CREATE INDEX events_by_kind ON events(job_id, kind, sequence);

CREATE TABLE requests (
  request_id TEXT PRIMARY KEY,
  body_hash BLOB NOT NULL,
  job_id INTEGER NOT NULL REFERENCES jobs(id),
  answer BLOB NOT NULL,             -- v1.Job without specification and model
  time INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE leases (
  job_id INTEGER PRIMARY KEY REFERENCES jobs(id),
  attempt INTEGER NOT NULL,
  token INTEGER NOT NULL,           -- grows with each claim
  worker TEXT NOT NULL,
  process_id INTEGER NOT NULL,
  process_start_time INTEGER NOT NULL,
  last_worker_sequence INTEGER NOT NULL,
  active INTEGER NOT NULL
);
CREATE INDEX leases_active ON leases(job_id) WHERE active = 1;

CREATE TABLE artifacts (
  sha256 TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL
) WITHOUT ROWID;

-- Who needs which file. An upload refers to it before its event is in the log (sequence 0).
CREATE TABLE artifact_references (
  job_id INTEGER NOT NULL REFERENCES jobs(id),
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (job_id, name, step, sha256)
) WITHOUT ROWID;
CREATE INDEX artifact_references_by_hash ON artifact_references(sha256);

-- Files that lost a reference: to be deleted where they have no other.
CREATE TABLE garbage (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;
)sql",
    // 2: requests expire.
    "CREATE INDEX requests_by_time ON requests(time);",
    // 3: studies and their jobs.
    R"sql(
CREATE TABLE studies (
  id INTEGER PRIMARY KEY,           -- order of creation
  name TEXT NOT NULL UNIQUE,        -- "studies/..."
  create_time INTEGER NOT NULL,
  cancelled INTEGER NOT NULL DEFAULT 0,
  request_id TEXT UNIQUE,           -- NULL where there was none
  body_hash BLOB NOT NULL,
  study BLOB NOT NULL               -- v1.Study as it was made: without jobs, states and results
);
CREATE TABLE study_jobs (
  study_id INTEGER NOT NULL REFERENCES studies(id),
  point INTEGER NOT NULL,           -- index in Study.points
  job TEXT NOT NULL,
  PRIMARY KEY (study_id, point)
) WITHOUT ROWID;
)sql",
    // 4: data sets.
    R"sql(
CREATE TABLE datasets (
  name TEXT PRIMARY KEY,            -- "flowers"
  last_version INTEGER NOT NULL,    -- never given again, whatever is removed
  create_time INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE dataset_versions (
  dataset TEXT NOT NULL REFERENCES datasets(name),
  version INTEGER NOT NULL,
  sha256 TEXT NOT NULL,             -- of its list of files
  layout_sha256 TEXT NOT NULL,      -- content that holds v1.DatasetLayout
  appended_sha256 TEXT NOT NULL,    -- of the list of files that it was appended with; "": none
  summary BLOB NOT NULL,            -- v1.DatasetVersion
  description BLOB,                 -- v1.DatasetDescription without version, once it is known
  PRIMARY KEY (dataset, version)
) WITHOUT ROWID;
CREATE UNIQUE INDEX dataset_versions_by_hash ON dataset_versions(dataset, sha256);

-- Stored contents by hash; a row is there when the file is in place.
CREATE TABLE contents (
  sha256 TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE content_totals (size_bytes INTEGER NOT NULL, number INTEGER NOT NULL);
INSERT INTO content_totals VALUES (0, 0);
CREATE TRIGGER content_added AFTER INSERT ON contents BEGIN
  UPDATE content_totals SET size_bytes = size_bytes + NEW.size_bytes, number = number + 1;
END;
CREATE TRIGGER content_dropped AFTER DELETE ON contents BEGIN
  UPDATE content_totals SET size_bytes = size_bytes - OLD.size_bytes, number = number - 1;
END;

-- Which version needs which content; written before the version is.
CREATE TABLE content_uses (
  dataset TEXT NOT NULL,
  version INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  PRIMARY KEY (dataset, version, sha256)
) WITHOUT ROWID;
CREATE INDEX content_uses_by_hash ON content_uses(sha256);

-- Contents that an upload counts on, until it makes a version of them or expires.
CREATE TABLE content_claims (
  sha256 TEXT PRIMARY KEY,
  time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX content_claims_by_time ON content_claims(time);

-- Contents that lost a use or a claim: to be deleted where they have no other.
CREATE TABLE content_garbage (sha256 TEXT PRIMARY KEY) WITHOUT ROWID;

-- Which job reads which version, also after it has ended.
CREATE TABLE dataset_jobs (
  dataset TEXT NOT NULL,
  version INTEGER NOT NULL,
  job_id INTEGER NOT NULL REFERENCES jobs(id),
  PRIMARY KEY (dataset, version, job_id)
) WITHOUT ROWID;
CREATE INDEX dataset_jobs_by_job ON dataset_jobs(job_id);

CREATE TABLE dataset_requests (
  request_id TEXT PRIMARY KEY,
  body_hash BLOB NOT NULL,
  answer BLOB NOT NULL,
  time INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX dataset_requests_by_time ON dataset_requests(time);
)sql",
    // 5: what decides a job's result, so that it need not be computed again; NULL: nothing tells.
    R"sql(
ALTER TABLE jobs ADD COLUMN result_key TEXT;
CREATE INDEX jobs_by_result ON jobs(result_key, state, id) WHERE result_key IS NOT NULL;
)sql",
    // 6: sweeps, their jobs, and what was decided about them.
    R"sql(
CREATE TABLE sweeps (
  id INTEGER PRIMARY KEY,           -- order of creation
  name TEXT NOT NULL UNIQUE,        -- "sweeps/..."
  create_time INTEGER NOT NULL,
  stopped INTEGER NOT NULL DEFAULT 0,
  judged INTEGER NOT NULL,          -- trials may end early
  request_id TEXT UNIQUE,           -- NULL where there was none
  body_hash BLOB NOT NULL,
  sweep BLOB NOT NULL               -- v1.Sweep as it was made: without jobs, states and results
);
CREATE TABLE sweep_jobs (
  sweep_id INTEGER NOT NULL REFERENCES sweeps(id),
  trial INTEGER NOT NULL,           -- index in Sweep.trials
  job TEXT NOT NULL,
  PRIMARY KEY (sweep_id, trial)
) WITHOUT ROWID;

-- When a trial came to a rung, whether it goes on; never changed.
CREATE TABLE sweep_decisions (
  sweep_id INTEGER NOT NULL REFERENCES sweeps(id),
  number INTEGER NOT NULL,          -- 1, 2, 3 ... within the sweep
  trial INTEGER NOT NULL,
  rung INTEGER NOT NULL,
  decision BLOB NOT NULL,           -- v1.SweepDecision
  PRIMARY KEY (sweep_id, number),
  UNIQUE (sweep_id, trial, rung)
) WITHOUT ROWID;
)sql",
    // 7: forecasts.
    R"sql(
CREATE TABLE forecasts (
  id INTEGER PRIMARY KEY,           -- order of creation
  name TEXT NOT NULL UNIQUE,        -- "forecasts/..."
  scored INTEGER NOT NULL,          -- 1: its run has come
  result_key TEXT NOT NULL,         -- of the job that measures it, see jobs; "": by hand alone
  forecast BLOB NOT NULL            -- v1.Forecast
);
CREATE INDEX forecasts_by_score ON forecasts(scored, id);
)sql",
    // 8: requests that extended a study.
    R"sql(
CREATE TABLE study_requests (
  request_id TEXT PRIMARY KEY,
  body_hash BLOB NOT NULL,
  study_id INTEGER NOT NULL REFERENCES studies(id)
) WITHOUT ROWID;
)sql",
    // 9: what happened to the points of studies, in the order in which it did. Triggers write it in
    // the transaction that changes a job, whoever does.
    R"sql(
CREATE TABLE study_events (
  study_id INTEGER NOT NULL REFERENCES studies(id),
  sequence INTEGER NOT NULL,        -- 1, 2, 3 ... within the study
  point INTEGER NOT NULL,           -- index in Study.points; -1: the study itself
  state INTEGER NOT NULL,           -- that it came to
  PRIMARY KEY (study_id, sequence)
) WITHOUT ROWID;
CREATE INDEX study_jobs_by_job ON study_jobs(job);

INSERT INTO study_events
  SELECT s.study_id, ROW_NUMBER() OVER (PARTITION BY s.study_id ORDER BY s.point), s.point, j.state
  FROM study_jobs s JOIN jobs j ON j.name = s.job;

CREATE TRIGGER study_point_added AFTER INSERT ON study_jobs BEGIN
  INSERT INTO study_events
    SELECT NEW.study_id, 1 + (SELECT COALESCE(MAX(sequence), 0) FROM study_events WHERE study_id = NEW.study_id),
           NEW.point, j.state
    FROM jobs j WHERE j.name = NEW.job;
END;
-- ROW_NUMBER: one job may do two points of a study.
CREATE TRIGGER study_point_moved AFTER UPDATE OF state ON jobs WHEN NEW.state <> OLD.state BEGIN
  INSERT INTO study_events
    SELECT s.study_id,
           (SELECT COALESCE(MAX(sequence), 0) FROM study_events WHERE study_id = s.study_id) +
             ROW_NUMBER() OVER (PARTITION BY s.study_id ORDER BY s.point),
           s.point, NEW.state
    FROM study_jobs s WHERE s.job = NEW.name;
END;
CREATE TRIGGER study_cancelled AFTER UPDATE OF cancelled ON studies WHEN NEW.cancelled <> OLD.cancelled BEGIN
  INSERT INTO study_events
    SELECT NEW.id, 1 + (SELECT COALESCE(MAX(sequence), 0) FROM study_events WHERE study_id = NEW.id), -1,
           3;                        -- JobState.CANCELLING
END;
)sql",
    // 10: forecasts that are kept of studies by themselves, once. Studies of before are left alone.
    R"sql(
ALTER TABLE studies ADD COLUMN forecasts_due INTEGER NOT NULL DEFAULT 1;
UPDATE studies SET forecasts_due = 0;
CREATE INDEX studies_by_forecasts_due ON studies(id) WHERE forecasts_due = 1;
CREATE TRIGGER study_forecasts_due AFTER INSERT ON study_jobs BEGIN
  UPDATE studies SET forecasts_due = 1 WHERE id = NEW.study_id AND forecasts_due = 0;
END;
CREATE TABLE study_forecasts (
  study_id INTEGER NOT NULL REFERENCES studies(id),
  contender TEXT NOT NULL,
  samples INTEGER NOT NULL,
  PRIMARY KEY (study_id, contender, samples)
) WITHOUT ROWID;
)sql",
};
constexpr int kVersion = sizeof(kMigrations) / sizeof(kMigrations[0]);

}  // namespace

absl::Status Migrate(Connection& connection) {
  int version = 0;
  {
    Statement query = connection.Query("PRAGMA user_version");
    if (query.Next()) version = static_cast<int>(query.Int(0));
    RETURN_IF_ERROR(query.status());
  }
  if (version > kVersion) {
    return WithReason(absl::FailedPreconditionError(
                          absl::StrCat("the data folder was written by a newer Trainyard (version ",
                                       version, " of the tables, this one knows ", kVersion, ")")),
                      "DATA_FOLDER_NEWER");
  }
  for (; version < kVersion; ++version) {
    const absl::Status done =
        connection.RunScript(absl::StrCat("BEGIN IMMEDIATE;", kMigrations[version],
                                          "PRAGMA user_version = ", version + 1, "; COMMIT"));
    if (!done.ok()) {
      if (connection.in_transaction()) connection.RunScript("ROLLBACK").IgnoreError();
      return done;
    }
  }
  return absl::OkStatus();
}

}  // namespace trainyard
