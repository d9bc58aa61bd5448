#include "server/store/job_groups.h"

namespace trainyard {

v1::JobState StateOfGroup(bool all_ended, bool any_good, bool ended_early) {
  if (ended_early) return all_ended ? v1::CANCELLED : v1::CANCELLING;
  if (!all_ended) return v1::RUNNING;
  return any_good ? v1::SUCCEEDED : v1::FAILED;
}

}  // namespace trainyard
