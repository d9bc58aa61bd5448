// Shows a run while it goes on, on `err`: a bar that is redrawn in place on a terminal, plain lines
// elsewhere, or nothing. Used by one thread.
#pragma once

#include <memory>
#include <string>

#include "client/cli/console.h"
#include "client/cli/run_state.h"

namespace trainyard::cli {

class ProgressView {
 public:
  virtual ~ProgressView() = default;
  // The state changed by `event`.
  virtual void Update(const RunState& state, const v1::Event& event) = 0;
  // Takes the bar off the screen, so that a line may be printed; the next Update draws it again.
  virtual void Clear() {}
};

// `mode`: auto, bar, plain or none.
std::unique_ptr<ProgressView> MakeProgressView(const std::string& mode, const std::string& title,
                                               Console& console);

// The two lines of the bar at `width` columns; neither is wider.
std::string BarLine(const RunState& state, const std::string& title, int width, bool unicode,
                    bool color);
std::string CurveLine(const RunState& state, int width, bool unicode);
// "step 420/1407  epoch 0.90  loss 0.4312  accuracy 0.8450  12.3k samples/s  ETA 0:12".
std::string PlainLine(const RunState& state);

}  // namespace trainyard::cli
