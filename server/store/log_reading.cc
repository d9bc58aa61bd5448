#include "server/store/log_reading.h"

#include <utility>

#include "engine/base/status.h"

namespace trainyard {

absl::Status ForEachEvent(const JobStore& jobs, const std::string& job,
                          std::vector<v1::Event::KindCase> kinds,
                          const std::function<void(const v1::Event&)>& visit) {
  EventQuery query;
  query.job = job;
  query.kinds = std::move(kinds);
  while (true) {
    ASSIGN_OR_RETURN(const EventSlice slice, jobs.ReadEvents(query));
    for (const v1::Event& event : slice.events) visit(event);
    if (slice.complete || slice.events.empty()) return absl::OkStatus();
    query.after_sequence = slice.events.back().sequence();
  }
}

}  // namespace trainyard
