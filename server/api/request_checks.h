// What requests of several services have, and what of it is refused. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/violations.h"

namespace trainyard {

void CheckRequestId(const std::string& request_id, Violations& violations);
void CheckPriority(int32_t priority, Violations& violations);
// Of a request that submits a specification of many jobs and takes so many `bytes`.
void CheckSubmission(const std::string& request_id, int32_t priority, size_t bytes,
                     Violations& violations);

}  // namespace trainyard
