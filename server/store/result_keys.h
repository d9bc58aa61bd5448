// Which job has the result of which training, by ResultKey (engine/spec/canonical.h). Functions on
// one connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/database.h"
#include "server/store/jobs_table.h"

namespace trainyard {

// Does nothing where the key is empty.
absl::Status SetResultKey(Connection& connection, int64_t job_id, const std::string& key);

// The newest job with this key that has SUCCEEDED.
absl::StatusOr<std::optional<JobRow>> FindResult(Connection& connection, const std::string& key);

}  // namespace trainyard
