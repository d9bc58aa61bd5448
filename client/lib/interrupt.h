// Ctrl-C as a thing that is passed in: whoever blocks registers how to be woken.
//
//   Interrupt::Scope scope(interrupt, [&] { context.TryCancel(); });
//
// main triggers it from its signal thread, tests call Trigger() themselves. Thread-safe.
#pragma once

#include <functional>

#include "engine/base/mutex.h"

namespace trainyard::client {

class Interrupt {
 public:
  // Runs `wake` when triggered while the scope lives (at once, where that has happened already).
  // After the destructor returns it runs no more. Scopes do not nest: the newest replaces the ones
  // before it until it ends.
  class Scope {
   public:
    Scope(Interrupt& interrupt, std::function<void()> wake);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Interrupt& interrupt_;
    std::function<void()> previous_;
  };

  // True where a scope was there to be woken; false: nobody waits, the process may simply end.
  bool Trigger();
  bool triggered() const;
  // Sleeps; false where the interrupt cut it short.
  bool SleepFor(std::chrono::nanoseconds time);

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool triggered_ TRAINYARD_GUARDED_BY(mutex_) = false;
  std::function<void()> wake_ TRAINYARD_GUARDED_BY(mutex_);
};

}  // namespace trainyard::client
