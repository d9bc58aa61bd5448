#include "server/store/datasets_table.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "engine/base/violations.h"
#include "google/protobuf/util/time_util.h"
#include "server/store/contents.h"
#include "server/store/dataset_names.h"
#include "server/store/requests.h"
#include "server/store/rows.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard {
namespace {

using google::protobuf::util::TimeUtil;

constexpr int kMostNamesShown = 8;
constexpr int kMostNamesCompared = 1000;
constexpr int kMostExpired = 100;
constexpr char kVersionColumns[] =
    "SELECT dataset, summary, layout_sha256, appended_sha256 FROM dataset_versions ";

absl::Status NotFound(const std::string& type, const std::string& name, const std::string& text) {
  return WithReason(absl::NotFoundError(text), "RESOURCE_NOT_FOUND",
                    {{"resource_type", type}, {"resource_name", name}});
}

absl::StatusOr<VersionRow> ReadVersion(const Statement& query) {
  VersionRow row;
  row.dataset = query.Bytes(0);
  if (!row.summary.ParseFromString(query.Bytes(1))) return UnreadableRow("data set");
  row.layout_sha256 = query.Bytes(2);
  row.appended_sha256 = query.Bytes(3);
  return row;
}

absl::StatusOr<std::vector<std::string>> Names(Connection& connection) {
  std::vector<std::string> names;
  Statement query = connection.Query(
      "SELECT DISTINCT dataset FROM dataset_versions ORDER BY dataset LIMIT ?", kMostNamesCompared);
  while (query.Next()) names.push_back(query.Bytes(0));
  RETURN_IF_ERROR(query.status());
  return names;
}

absl::Status NoSuchDataset(Connection& connection, const std::string& dataset) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, Names(connection));
  std::string hint = Suggestion(dataset, names);
  if (names.empty()) hint = "; nothing has been uploaded yet (trainyard data put)";
  return NotFound("dataset", DatasetName(dataset),
                  absl::StrCat("no data set '", dataset, "'", hint));
}

absl::Status NoSuchVersion(Connection& connection, const std::string& dataset, uint32_t version) {
  ASSIGN_OR_RETURN(const auto versions, ListVersions(connection, dataset, 0, kMostNamesShown));
  if (versions.empty()) return NoSuchDataset(connection, dataset);
  std::vector<std::string> numbers;
  for (const v1::DatasetVersion& known : versions) numbers.push_back(absl::StrCat(known.version()));
  return NotFound("dataset version", VersionName(dataset, version),
                  absl::StrCat("data set '", dataset, "' has no version ", version,
                               "; newest first there are ", absl::StrJoin(numbers, ", ")));
}

// Everything but the totals over its versions.
absl::StatusOr<v1::Dataset> Summarise(Connection& connection, const std::string& dataset) {
  ASSIGN_OR_RETURN(const VersionRow newest, trainyard::GetVersion(connection, dataset, 0));
  v1::Dataset summary;
  summary.set_path(DatasetReference{dataset, 0, ""}.Text());
  summary.set_source(newest.summary.source());
  summary.set_size_bytes(newest.summary.size_bytes());
  summary.set_files(newest.summary.files());
  summary.set_name(DatasetName(dataset));
  summary.set_latest_version(newest.summary.version());
  *summary.mutable_update_time() = newest.summary.create_time();
  Statement query = connection.Query(
      "SELECT create_time, (SELECT COUNT(*) FROM dataset_versions WHERE dataset = name) FROM "
      "datasets WHERE name = ?",
      dataset);
  if (query.Next()) {
    *summary.mutable_create_time() = TimeUtil::NanosecondsToTimestamp(query.Int(0));
    summary.set_versions(static_cast<uint32_t>(query.Int(1)));
  }
  RETURN_IF_ERROR(query.status());
  ASSIGN_OR_RETURN(const uint64_t stored, StoredBytesOf(connection, dataset));
  summary.set_stored_bytes(stored);
  return summary;
}

// Names of jobs that have not ended and read that version.
absl::StatusOr<std::vector<std::string>> JobsInNeed(Connection& connection,
                                                    const std::string& dataset, uint32_t version) {
  std::vector<std::string> jobs;
  Statement query = connection.Query(
      "SELECT j.name FROM dataset_jobs d JOIN jobs j ON j.id = d.job_id WHERE d.dataset = ? AND "
      "d.version = ? AND j.state NOT IN (?, ?, ?) ORDER BY j.id LIMIT ?",
      dataset, version, static_cast<int>(v1::SUCCEEDED), static_cast<int>(v1::FAILED),
      static_cast<int>(v1::CANCELLED), kMostNamesShown + 1);
  while (query.Next()) jobs.push_back(query.Bytes(0));
  RETURN_IF_ERROR(query.status());
  return jobs;
}

}  // namespace

absl::StatusOr<v1::Dataset> GetDataset(Connection& connection, const std::string& dataset) {
  return Summarise(connection, dataset);
}

absl::StatusOr<std::vector<v1::Dataset>> ListDatasets(Connection& connection,
                                                      const std::string& after, int limit) {
  std::vector<std::string> names;
  {
    Statement query = connection.Query(
        "SELECT name FROM datasets WHERE name > ? AND EXISTS (SELECT 1 FROM dataset_versions WHERE "
        "dataset = name) ORDER BY name LIMIT ?",
        after, limit);
    while (query.Next()) names.push_back(query.Bytes(0));
    RETURN_IF_ERROR(query.status());
  }
  std::vector<v1::Dataset> datasets;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(v1::Dataset dataset, Summarise(connection, name));
    datasets.push_back(std::move(dataset));
  }
  return datasets;
}

absl::StatusOr<VersionRow> GetVersion(Connection& connection, const std::string& dataset,
                                      uint32_t version) {
  {
    Statement query =
        version == 0
            ? connection.Query(
                  absl::StrCat(kVersionColumns, "WHERE dataset = ? ORDER BY version DESC LIMIT 1"),
                  dataset)
            : connection.Query(absl::StrCat(kVersionColumns, "WHERE dataset = ? AND version = ?"),
                               dataset, version);
    if (query.Next()) return ReadVersion(query);
    RETURN_IF_ERROR(query.status());
  }
  if (version == 0) return NoSuchDataset(connection, dataset);
  return NoSuchVersion(connection, dataset, version);
}

absl::StatusOr<std::optional<VersionRow>> FindVersionByHash(Connection& connection,
                                                            const std::string& dataset,
                                                            const std::string& sha256) {
  Statement query = connection.Query(
      absl::StrCat(kVersionColumns, "WHERE dataset = ? AND sha256 = ?"), dataset, sha256);
  if (query.Next()) {
    ASSIGN_OR_RETURN(VersionRow row, ReadVersion(query));
    return row;
  }
  RETURN_IF_ERROR(query.status());
  return std::nullopt;
}

absl::StatusOr<std::vector<v1::DatasetVersion>> ListVersions(Connection& connection,
                                                             const std::string& dataset,
                                                             uint32_t before, int limit) {
  std::vector<v1::DatasetVersion> versions;
  Statement query = connection.Query(
      absl::StrCat(kVersionColumns,
                   "WHERE dataset = ? AND (version < ? OR ? = 0) ORDER BY version DESC LIMIT ?"),
      dataset, before, before, limit);
  while (query.Next()) {
    ASSIGN_OR_RETURN(VersionRow row, ReadVersion(query));
    versions.push_back(std::move(row.summary));
  }
  RETURN_IF_ERROR(query.status());
  return versions;
}

absl::StatusOr<uint32_t> LastVersion(Connection& connection, const std::string& dataset) {
  Statement query = connection.Query("SELECT last_version FROM datasets WHERE name = ?", dataset);
  uint32_t last = 0;
  if (query.Next()) last = static_cast<uint32_t>(query.Int(0));
  RETURN_IF_ERROR(query.status());
  return last;
}

absl::Status InsertVersion(Connection& connection, const VersionRow& row,
                           std::chrono::nanoseconds now) {
  RETURN_IF_ERROR(connection.Run(
      "INSERT INTO datasets (name, last_version, create_time) VALUES (?, ?, ?) ON CONFLICT (name) "
      "DO UPDATE SET last_version = excluded.last_version",
      row.dataset, row.summary.version(), int64_t{now.count()}));
  return connection.Run(
      "INSERT INTO dataset_versions (dataset, version, sha256, layout_sha256, appended_sha256, "
      "summary) VALUES (?, ?, ?, ?, ?, ?)",
      row.dataset, row.summary.version(), row.summary.sha256(), row.layout_sha256,
      row.appended_sha256, Blob{row.summary.SerializeAsString()});
}

absl::Status RemoveVersion(Connection& connection, const std::string& dataset, uint32_t version) {
  ASSIGN_OR_RETURN(std::vector<std::string> jobs, JobsInNeed(connection, dataset, version));
  if (!jobs.empty()) {
    const bool more = jobs.size() > kMostNamesShown;
    if (more) jobs.resize(kMostNamesShown);
    const std::string listed = absl::StrJoin(jobs, ", ");
    return WithReason(
        absl::FailedPreconditionError(
            absl::StrCat(dataset, "@", version, " is needed by ", listed, more ? " and others" : "",
                         jobs.size() == 1 ? ", which has" : ", which have",
                         " not ended; wait, or cancel first")),
        "DATASET_IN_USE", {{"jobs", listed}});
  }
  RETURN_IF_ERROR(DropUses(connection, dataset, version));
  return connection.Run("DELETE FROM dataset_versions WHERE dataset = ? AND version = ?", dataset,
                        version);
}

absl::StatusOr<std::string> FindDescription(Connection& connection, const std::string& dataset,
                                            uint32_t version) {
  Statement query =
      connection.Query("SELECT description FROM dataset_versions WHERE dataset = ? AND version = ?",
                       dataset, version);
  std::string description;
  if (query.Next()) description = query.Bytes(0);
  RETURN_IF_ERROR(query.status());
  return description;
}

absl::Status KeepDescription(Connection& connection, const std::string& dataset, uint32_t version,
                             const std::string& description) {
  return connection.Run(
      "UPDATE dataset_versions SET description = ? WHERE dataset = ? AND version = ?",
      Blob{description}, dataset, version);
}

absl::Status HoldDatasets(Connection& connection, int64_t job_id,
                          const v1::Specification& specification) {
  std::set<std::pair<std::string, uint32_t>> versions;
  v1::Specification copy = specification;
  VisitReferences(copy, [&](const std::string& field, std::string& text) {
    const absl::StatusOr<DatasetReference> reference = ParseReference(text);
    if (reference.ok()) versions.emplace(reference->dataset, reference->version);
  });
  if (specification.has_predict() && !specification.predict().has_data()) {
    // Its samples are those of the job that trained the model.
    Statement query = connection.Query(
        "SELECT d.dataset, d.version FROM dataset_jobs d JOIN jobs j ON j.id = d.job_id WHERE "
        "j.name = ?",
        specification.predict().job());
    while (query.Next()) versions.emplace(query.Bytes(0), static_cast<uint32_t>(query.Int(1)));
    RETURN_IF_ERROR(query.status());
  }
  for (const auto& [dataset, version] : versions) {
    RETURN_IF_ERROR(trainyard::GetVersion(connection, dataset, version).status());
    RETURN_IF_ERROR(connection.Run(
        "INSERT OR IGNORE INTO dataset_jobs (dataset, version, job_id) VALUES (?, ?, ?)", dataset,
        version, job_id));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> FindDatasetAnswer(Connection& connection,
                                                             const std::string& request_id,
                                                             const std::string& body_hash) {
  if (request_id.empty()) return std::nullopt;
  Statement job = connection.Query("SELECT 1 FROM requests WHERE request_id = ?", request_id);
  if (job.Next()) return RequestIdReused(request_id);
  Statement query = connection.Query(
      "SELECT body_hash, answer FROM dataset_requests WHERE request_id = ?", request_id);
  if (query.Next()) {
    if (query.Bytes(0) != body_hash) return RequestIdReused(request_id);
    return query.Bytes(1);
  }
  RETURN_IF_ERROR(query.status());
  return std::nullopt;
}

absl::Status RememberDatasetAnswer(Connection& connection, const std::string& request_id,
                                   const std::string& body_hash, const std::string& answer,
                                   std::chrono::nanoseconds now) {
  if (request_id.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(connection.Run(
      "DELETE FROM dataset_requests WHERE request_id IN (SELECT request_id FROM dataset_requests "
      "WHERE time < ? ORDER BY time LIMIT ?)",
      int64_t{(now - kAnswersAreKept).count()}, kMostExpired));
  return connection.Run(
      "INSERT INTO dataset_requests (request_id, body_hash, answer, time) VALUES (?, ?, ?, ?)",
      request_id, Blob{body_hash}, Blob{answer}, int64_t{now.count()});
}

}  // namespace trainyard
