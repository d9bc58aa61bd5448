// Follows a resource that has no stream, a sweep: the server is asked again and again
// until it has ended, and a server that restarts is waited for as by every watch.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "client/cli/follow_screen.h"
#include "client/cli/session.h"
#include "client/lib/scalars.h"
#include "engine/base/status.h"

namespace trainyard::cli {

// How long to look for a lost server, as a watch of a job does.
inline constexpr std::chrono::minutes kPollPatience{5};
// So often at most, whatever is asked for.
inline constexpr std::chrono::nanoseconds kShortestPause = std::chrono::milliseconds(1);

// Asks `every` so often, "1s" as the user wrote it. `get()` gives StatusOr of the resource, which
// `show` is given; it returns whether that was the end. `screen` tells people of a lost server.
// Returns the resource as it ended, or nothing where Ctrl-C detached: it does not end the process.
template <typename Get, typename Show>
auto Poll(Session& session, FollowScreen& screen, const std::string& every, const Get& get,
          const Show& show)
    -> absl::StatusOr<std::optional<typename std::invoke_result_t<Get>::value_type>> {
  using SteadyClock = std::chrono::steady_clock;
  const auto pause = client::ParseDuration(every);
  if (!pause.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("--every: expected a time such as 500ms, 1s or 1m, not '", every, "'"));
  }
  client::Interrupt& interrupt = session.interrupt();
  const client::Interrupt::Scope scope(interrupt, [] {});
  bool lost = false;
  bool ever = false;
  auto answered = SteadyClock::now();
  while (!interrupt.triggered()) {
    auto found = get();
    if (found.ok()) {
      if (lost) screen.Say("found the server again; going on");
      lost = false;
      ever = true;
      answered = SteadyClock::now();
      if (show(*found)) return *std::move(found);
    } else {
      const bool gone = absl::IsUnavailable(found.status());
      if (!gone || !ever || SteadyClock::now() - answered >= kPollPatience) return found.status();
      if (!lost)
        screen.Say(absl::StrCat("lost the server (", Message(found.status()), "); looking for it"));
      lost = true;
    }
    interrupt.SleepFor(std::max(std::chrono::nanoseconds(*pause), kShortestPause));
  }
  return std::nullopt;
}

}  // namespace trainyard::cli
