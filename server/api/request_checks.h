// What requests of several services have, and what of it is refused. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/violations.h"

namespace trainyard {

void CheckRequestId(const std::string& request_id, Violations& violations);
void CheckPriority(int32_t priority, Violations& violations);

}  // namespace trainyard
