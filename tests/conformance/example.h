// Reads the one-line example of a schema: `relu`, `{type: conv2d, filters: 32, padding: same}`.
#pragma once

#include <string>

#include "engine/base/params.h"
#include "engine/base/status.h"

namespace trainyard {

// INVALID_ARGUMENT where the line is not of that form.
absl::StatusOr<RawComponent> ParseExample(const std::string& yaml);

}  // namespace trainyard
