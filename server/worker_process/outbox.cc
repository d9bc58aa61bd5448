#include "server/worker_process/outbox.h"

#include <algorithm>
#include <utility>

namespace trainyard {

void Outbox::Push(v1::Event event) {
  bytes_ += event.ByteSizeLong();
  events_.push_back(std::move(event));
}

std::vector<v1::Event> Outbox::Next(size_t most_events, size_t most_bytes,
                                    uint64_t& first_sequence) {
  first_sequence = sent_ + 1;
  std::vector<v1::Event> batch;
  size_t bytes = 0;
  while (unsent() != 0 && batch.size() < most_events) {
    const v1::Event& event = events_[static_cast<size_t>(sent_ - acked_)];
    bytes += event.ByteSizeLong();
    if (!batch.empty() && bytes > most_bytes) break;
    batch.push_back(event);
    ++sent_;
  }
  return batch;
}

void Outbox::Acked(uint64_t sequence) {
  while (acked_ < sequence && !events_.empty()) {
    bytes_ -= std::min(bytes_, events_.front().ByteSizeLong());
    events_.pop_front();
    ++acked_;
  }
  sent_ = std::max(sent_, acked_);
}

}  // namespace trainyard
