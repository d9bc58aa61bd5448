// Follows a resource that has no stream, a study or a sweep: the server is asked again and again
// until it has ended, and a server that restarts is waited for as by every watch.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/cli/session.h"
#include "client/lib/scalars.h"
#include "engine/base/status.h"

namespace trainyard::cli {

enum class PollEnd { kEnded, kFailed, kDetached };

// How long to look for a lost server, as a watch of a job does.
inline constexpr std::chrono::minutes kPollPatience{5};
// So often at most, whatever is asked for.
inline constexpr std::chrono::nanoseconds kShortestPause = std::chrono::milliseconds(1);

// `every` is the user's, "1s". `get()` gives StatusOr of the resource, which `show` is given; it
// returns whether that was the end. `say(text)` tells people of a lost server. Ctrl-C detaches
// instead of ending the process. `failure` is set with kFailed.
template <typename Get, typename Show, typename Say>
PollEnd Poll(Session& session, const std::string& every, const Get& get, const Show& show,
             const Say& say, absl::Status& failure) {
  using SteadyClock = std::chrono::steady_clock;
  const auto pause = client::ParseDuration(every);
  if (!pause.has_value()) {
    failure = absl::InvalidArgumentError(
        absl::StrCat("--every: expected a time such as 500ms, 1s or 1m, not '", every, "'"));
    return PollEnd::kFailed;
  }
  client::Interrupt& interrupt = session.interrupt();
  const client::Interrupt::Scope scope(interrupt, [] {});
  bool lost = false;
  bool ever = false;
  auto answered = SteadyClock::now();
  while (!interrupt.triggered()) {
    const auto found = get();
    if (found.ok()) {
      if (lost) say("found the server again; going on");
      lost = false;
      ever = true;
      answered = SteadyClock::now();
      if (show(*found)) return PollEnd::kEnded;
    } else {
      const bool gone = absl::IsUnavailable(found.status());
      if (!gone || !ever || SteadyClock::now() - answered >= kPollPatience) {
        failure = found.status();
        return PollEnd::kFailed;
      }
      if (!lost)
        say(absl::StrCat("lost the server (", Message(found.status()), "); looking for it"));
      lost = true;
    }
    interrupt.SleepFor(std::max(std::chrono::nanoseconds(*pause), kShortestPause));
  }
  return PollEnd::kDetached;
}

}  // namespace trainyard::cli
