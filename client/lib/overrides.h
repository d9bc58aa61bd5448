// Changes to a specification from the command line:
//
//   optimizer.learning_rate=0.01   model.layers[0].units=256   data.subset={train_size: 1000}
//
// The value is YAML. Maps that are missing on the way are made; a bare type becomes a map; an index
// equal to a list's length appends; `null` takes a field out.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "client/lib/node.h"

namespace trainyard::client {

// INVALID_ARGUMENT says which override, and what would be right.
absl::Status ApplyOverride(const std::string& override_text, Node& root);

}  // namespace trainyard::client
