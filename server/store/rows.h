// Rows of stored resources, found by name. Functions on one connection.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "server/store/database.h"
#include "server/store/names.h"

namespace trainyard {

// Calls `read` with the row of the resource of that full name. `select`: up to its FROM clause, for
// example "SELECT id FROM jobs". NOT_FOUND.
absl::Status ReadRowOf(Connection& connection, const Collection& collection,
                       const std::string& select, const std::string& name,
                       const std::function<absl::Status(const Statement& row)>& read);

// DATA_LOSS DATABASE_CORRUPT: the bytes in the row of a `noun` are no message.
absl::Status UnreadableRow(const std::string& noun);

}  // namespace trainyard
