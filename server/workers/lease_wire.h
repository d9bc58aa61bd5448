// Leases and assignments as messages.
#pragma once

#include "server/jobs/worker_pool.h"
#include "server/store/lease.h"
#include "trainyard/v1/worker_service.pb.h"

namespace trainyard {

v1::Lease ToMessage(const Lease& lease);
Lease FromMessage(const v1::Lease& message);
v1::WorkResponse ToMessage(const Assignment& assignment);

}  // namespace trainyard
