// Studies as users name them: "studies/scaling", "scaling", a unique prefix, or "@last" (the
// newest).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/lib/client.h"
#include "trainyard/v1/study.pb.h"

namespace trainyard::client {

// The study itself. NOT_FOUND: none; INVALID_ARGUMENT: a prefix of several, which are listed.
absl::StatusOr<v1::Study> FindStudy(Client& client, const std::string& text);

// "studies/scaling" -> "scaling".
std::string ShortStudyName(const std::string& name);

}  // namespace trainyard::client
