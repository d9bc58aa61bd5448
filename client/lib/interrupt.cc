#include "client/lib/interrupt.h"

namespace trainyard::client {

// `wake` runs with the mutex held, so that a scope that ends waits for it; it only cancels a call.
Interrupt::Scope::Scope(Interrupt& interrupt, std::function<void()> wake) : interrupt_(interrupt) {
  MutexLock lock(interrupt_.mutex_);
  previous_ = std::move(interrupt_.wake_);
  if (interrupt_.triggered_) wake();
  interrupt_.wake_ = std::move(wake);
}

Interrupt::Scope::~Scope() {
  MutexLock lock(interrupt_.mutex_);
  interrupt_.wake_ = std::move(previous_);
}

bool Interrupt::Trigger() {
  MutexLock lock(mutex_);
  triggered_ = true;
  changed_.NotifyAll();
  if (!wake_) return false;
  wake_();
  return true;
}

bool Interrupt::triggered() const {
  MutexLock lock(mutex_);
  return triggered_;
}

bool Interrupt::SleepFor(std::chrono::nanoseconds time) {
  MutexLock lock(mutex_);
  return !changed_.WaitFor(lock, time, [this]() TRAINYARD_REQUIRES(mutex_) { return triggered_; });
}

}  // namespace trainyard::client
