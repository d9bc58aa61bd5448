// The tables of the database and how older ones become today's.
#pragma once

#include "absl/status/status.h"
#include "server/store/database.h"

namespace trainyard {

// Brings the tables up to date, one transaction a version (PRAGMA user_version).
// FAILED_PRECONDITION where a newer server wrote the file.
absl::Status Migrate(Connection& connection);

}  // namespace trainyard
