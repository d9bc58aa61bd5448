#include "server/store/result_keys.h"

#include "engine/base/status.h"
#include "trainyard/v1/event.pb.h"

namespace trainyard {

absl::Status SetResultKey(Connection& connection, int64_t job_id, const std::string& key) {
  if (key.empty()) return absl::OkStatus();
  return connection.Run("UPDATE jobs SET result_key = ? WHERE id = ?", key, job_id);
}

absl::StatusOr<std::optional<JobRow>> FindResult(Connection& connection, const std::string& key) {
  if (key.empty()) return std::nullopt;
  std::string name;
  {
    Statement query = connection.Query(
        "SELECT name FROM jobs WHERE result_key = ? AND state = ? ORDER BY id DESC LIMIT 1", key,
        static_cast<int>(v1::SUCCEEDED));
    if (query.Next()) name = query.Bytes(0);
    RETURN_IF_ERROR(query.status());
  }
  if (name.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(JobRow row, FindJob(connection, name));
  return row;
}

}  // namespace trainyard
