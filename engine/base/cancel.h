// Asks a running computation to stop at its next step. Thread-safe.
#pragma once

#include <atomic>

namespace trainyard {

class CancelToken {
 public:
  enum class Reason { kNone, kCancelled, kDrained };
  // The first reason wins.
  void Cancel(Reason reason) {
    Reason none = Reason::kNone;
    reason_.compare_exchange_strong(none, reason);
  }
  Reason reason() const { return reason_.load(std::memory_order_relaxed); }
  bool requested() const { return reason() != Reason::kNone; }

 private:
  std::atomic<Reason> reason_{Reason::kNone};
};

}  // namespace trainyard
