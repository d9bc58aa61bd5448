#include "server/store/rows.h"

#include "absl/strings/str_cat.h"
#include "engine/base/error_info.h"
#include "engine/base/status.h"

namespace trainyard {

absl::Status ReadRowOf(Connection& connection, const Collection& collection,
                       const std::string& select, const std::string& name,
                       const std::function<absl::Status(const Statement& row)>& read) {
  Statement query = connection.Query(absl::StrCat(select, " WHERE name = ?"), name);
  if (query.Next()) return read(query);
  RETURN_IF_ERROR(query.status());
  return NoSuch(collection, name);
}

absl::Status UnreadableRow(const std::string& noun) {
  return WithReason(absl::DataLossError(absl::StrCat("the row of a ", noun, " cannot be read")),
                    "DATABASE_CORRUPT");
}

}  // namespace trainyard
