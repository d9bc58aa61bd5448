// Where exceptions end: libraries throw, memory runs out, and a task of an executor has nobody
// above it.
#pragma once

#include <functional>

#include "absl/status/status.h"

namespace trainyard {

// Runs `work`. What it throws becomes RESOURCE_EXHAUSTED OUT_OF_MEMORY where memory ran out, and
// INTERNAL UNEXPECTED_ERROR otherwise.
absl::Status CatchExceptions(const std::function<absl::Status()>& work);

}  // namespace trainyard
