// Sweeps as users name them: "sweeps/lr", "lr", a unique prefix, or "@last" (the
// newest).
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "client/lib/client.h"
#include "trainyard/v1/sweep.pb.h"

namespace trainyard::client {

// The sweep itself. NOT_FOUND: none; INVALID_ARGUMENT: a prefix of several, which are listed.
absl::StatusOr<v1::Sweep> FindSweep(Client& client, const std::string& text);

// "sweeps/lr" -> "lr".
std::string ShortSweepName(const std::string& name);

}  // namespace trainyard::client
