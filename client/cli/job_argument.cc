#include "client/cli/job_argument.h"

#include "client/lib/job_names.h"
#include "engine/base/status.h"

namespace trainyard::cli {

absl::StatusOr<std::string> JobArgument::Resolve(Session& session, client::Client*& client) const {
  ASSIGN_OR_RETURN(client, session.Connect());
  return client::ResolveJob(*client, text_);
}

}  // namespace trainyard::cli
