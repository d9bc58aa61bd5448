// Jobs as users name them: "jobs/lenet", "lenet", a unique prefix, or "@last" (the newest).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/lib/client.h"

namespace trainyard::client {

// The full name, "jobs/...". NOT_FOUND: none; INVALID_ARGUMENT: a prefix of several, which are
// listed.
absl::StatusOr<std::string> ResolveJob(Client& client, const std::string& text);

// "jobs/lenet" -> "lenet".
std::string ShortJobName(const std::string& name);

}  // namespace trainyard::client
