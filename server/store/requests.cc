#include "server/store/requests.h"

#include <utility>

#include "engine/base/error_info.h"
#include "engine/base/status.h"
#include "server/store/jobs_table.h"

namespace trainyard {
namespace {

// With each new answer so many old ones go: more than come, and little work at a time.
constexpr int kMostExpired = 100;

absl::Status Expire(Connection& connection, std::chrono::nanoseconds now) {
  return connection.Run(
      "DELETE FROM requests WHERE request_id IN "
      "(SELECT request_id FROM requests WHERE time < ? ORDER BY time LIMIT ?)",
      int64_t{(now - kAnswersAreKept).count()}, kMostExpired);
}

}  // namespace

absl::Status RequestIdReused(const std::string& request_id) {
  return WithReason(
      absl::AlreadyExistsError(
          "request_id '" + request_id +
          "' was used for another request; repeat that one as it was, or take a new id"),
      "REQUEST_ID_REUSED");
}

absl::StatusOr<std::string> NameMadeBy(Statement query, const std::string& request_id,
                                       const std::string& request_hash) {
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return "";
  }
  if (query.Bytes(1) != request_hash) return RequestIdReused(request_id);
  return query.Bytes(0);
}

absl::StatusOr<std::optional<v1::Job>> FindAnswer(Connection& connection,
                                                  const std::string& request_id,
                                                  const std::string& body_hash) {
  if (request_id.empty()) return std::nullopt;
  Statement query = connection.Query(
      "SELECT body_hash, job_id, answer FROM requests WHERE request_id = ?", request_id);
  if (!query.Next()) {
    RETURN_IF_ERROR(query.status());
    return std::nullopt;
  }
  if (query.Bytes(0) != body_hash) return RequestIdReused(request_id);
  v1::Job answer;
  if (!answer.ParseFromString(query.Bytes(2))) {
    return WithReason(absl::DataLossError("a stored answer cannot be read"), "DATABASE_CORRUPT");
  }
  // FillJob also reads results: those that came later are not part of the answer.
  auto results = answer.results();
  auto runs = answer.runs();
  RETURN_IF_ERROR(FillJob(connection, query.Int(1), answer));
  *answer.mutable_results() = std::move(results);
  *answer.mutable_runs() = std::move(runs);
  return answer;
}

absl::Status RememberAnswer(Connection& connection, const std::string& request_id,
                            const std::string& body_hash, int64_t job_id, v1::Job answer,
                            std::chrono::nanoseconds now) {
  if (request_id.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(Expire(connection, now));
  answer.clear_specification();
  answer.clear_model();
  return connection.Run(
      "INSERT INTO requests (request_id, body_hash, job_id, answer, time) VALUES (?, ?, ?, ?, ?)",
      request_id, Blob{body_hash}, job_id, Blob{answer.SerializeAsString()}, int64_t{now.count()});
}

}  // namespace trainyard
