// Which task a loss is for. Shared by the components of this folder.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "engine/data/dataset.h"

namespace trainyard::losses {

// INVALID_ARGUMENT for a regression, or for fewer than two classes.
absl::Status NeedsClasses(const std::string& loss, const DataInfo& data);
// INVALID_ARGUMENT for a classification.
absl::Status NeedsTargets(const std::string& loss, const DataInfo& data);

}  // namespace trainyard::losses
