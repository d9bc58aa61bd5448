// Asks a running computation to stop at its next step. Thread-safe.
#pragma once

#include <atomic>

namespace trainyard {

class CancelToken {
 public:
  enum class Reason { kNone, kCancelled, kDrained };
  CancelToken() = default;
  // Also asks where `parent`, which must outlive it, does.
  explicit CancelToken(const CancelToken* parent) : parent_(parent) {}
  // The first reason wins.
  void Cancel(Reason reason) {
    Reason none = Reason::kNone;
    reason_.compare_exchange_strong(none, reason);
  }
  Reason reason() const {
    const Reason own = reason_.load(std::memory_order_relaxed);
    return own == Reason::kNone && parent_ != nullptr ? parent_->reason() : own;
  }
  bool requested() const { return reason() != Reason::kNone; }

 private:
  const CancelToken* parent_ = nullptr;
  std::atomic<Reason> reason_{Reason::kNone};
};

}  // namespace trainyard
