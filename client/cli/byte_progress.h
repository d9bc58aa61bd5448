// How far a transfer is, on `err`: a line that is redrawn in place on a terminal, a line a second
// elsewhere, or nothing. Used by one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "client/cli/console.h"
#include "client/cli/options.h"

namespace trainyard::cli {

class ByteProgress {
 public:
  // Adds --progress.
  void Declare(Options& options);
  // `doing` begins the line: "sending".
  void Begin(Console& console, const std::string& doing, uint64_t total);
  void Update(uint64_t done);
  void Add(uint64_t bytes) { Update(done_ + bytes); }
  // Takes the line off the screen.
  void End();

 private:
  using Clock = std::chrono::steady_clock;
  std::string Line(Clock::time_point now) const;

  std::string mode_ = "auto";
  Console* console_ = nullptr;
  std::string doing_;
  uint64_t total_ = 0;
  uint64_t done_ = 0;
  uint64_t first_ = 0;  // what was done when it began to move
  bool moved_ = false;
  bool drawn_ = false;
  Clock::time_point begun_;
  Clock::time_point printed_;
};

}  // namespace trainyard::cli
