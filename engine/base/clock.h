// Time as a thing that is passed in, so that tests advance it instead of sleeping. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace trainyard {

class Clock {
 public:
  virtual ~Clock() = default;
  // Since the Unix epoch.
  virtual std::chrono::nanoseconds Now() const = 0;
  // Since an arbitrary start; never steps back.
  virtual std::chrono::nanoseconds Monotonic() const = 0;
};

class RealClock final : public Clock {
 public:
  std::chrono::nanoseconds Now() const override {
    return std::chrono::system_clock::now().time_since_epoch();
  }
  std::chrono::nanoseconds Monotonic() const override {
    return std::chrono::steady_clock::now().time_since_epoch();
  }
};

class FakeClock final : public Clock {
 public:
  explicit FakeClock(std::chrono::nanoseconds start = std::chrono::seconds(1'700'000'000))
      : now_(start.count()) {}
  void Advance(std::chrono::nanoseconds by) { now_ += by.count(); }
  std::chrono::nanoseconds Now() const override { return std::chrono::nanoseconds(now_.load()); }
  std::chrono::nanoseconds Monotonic() const override { return Now(); }

 private:
  std::atomic<int64_t> now_;
};

}  // namespace trainyard
