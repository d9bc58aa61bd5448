// The events of one lease that are not known to be on the server's disk: numbered 1, 2, 3 ..., sent
// in batches, kept until they are acked, sent again after a re-dial. Used under its owner's lock.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "trainyard/v1/event.pb.h"

namespace trainyard {

class Outbox {
 public:
  void Push(v1::Event event);
  // The next events that were not sent yet, at most so many; first_sequence is that of the first of
  // them.
  std::vector<v1::Event> Next(size_t most_events, size_t most_bytes, uint64_t& first_sequence);
  // All up to `sequence` is on disk. What the outbox does not know is ignored.
  void Acked(uint64_t sequence);
  // After a re-dial: everything that is not acked is to be sent again.
  void Rewind() { sent_ = acked_; }

  size_t unsent() const { return static_cast<size_t>(acked_ + events_.size() - sent_); }
  // Too much waits for the server's disk; the producer should wait, too.
  bool full() const { return events_.size() >= kMostEvents || bytes_ >= kMostBytes; }
  bool empty() const { return events_.empty(); }

  static constexpr size_t kMostEvents = 20'000;
  static constexpr size_t kMostBytes = 64 << 20;

 private:
  // events_[i] has the sequence acked_ + 1 + i.
  std::deque<v1::Event> events_;
  size_t bytes_ = 0;
  uint64_t acked_ = 0;
  uint64_t sent_ = 0;
};

}  // namespace trainyard
