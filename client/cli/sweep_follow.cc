#include "client/cli/sweep_follow.h"

#include <chrono>
#include <limits>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "client/cli/detached.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/poll.h"
#include "client/cli/sweep_view.h"
#include "client/lib/sweep_names.h"
#include "client/studies/study_numbers.h"
#include "client/sweeps/sweep_numbers.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kRowsBelowFigure = 3;  // the best, progress, and the cursor's own
constexpr int kShownTrials = 10;

// The time left, by the rate since the watch began.
class TimeLeft {
 public:
  double Seconds(const v1::Sweep& sweep) {
    const int ended = client::ProgressOf(sweep).ended();
    const auto now = SteadyClock::now();
    if (!first_.has_value()) first_ = {ended, now};
    const int since = ended - first_->ended;
    if (since == 0) return std::numeric_limits<double>::quiet_NaN();
    const double seconds = std::chrono::duration<double>(now - first_->time).count();
    return seconds / since * (sweep.trials_size() - ended);
  }

 private:
  struct Start {
    int ended = 0;
    SteadyClock::time_point time;
  };
  std::optional<Start> first_;
};

std::string Picture(const v1::Sweep& sweep, const std::string& figure, double seconds_left,
                    const FollowScreen& screen, const Console& console) {
  const int width = screen.width();
  const std::string best = BestLine(sweep);
  return absl::StrCat(
      SweepFigureText(sweep, figure, width, screen.figure_rows(kRowsBelowFigure), console),
      Ellipsize(best.empty() ? "no trial has been trained to the end yet" : best, width,
                console.unicode),
      "\n", SweepProgressLine(sweep, seconds_left, width, console.unicode), "\n");
}

int Summarise(Session& session, const v1::Sweep& sweep, const SweepFollowOptions& options,
              const Output& output) {
  Console& console = session.console();
  if (output.json()) console.out << PrettyJson(sweep);
  if (output.table()) {
    if (console.out_is_terminal) {
      console.out << SweepFigureText(sweep, options.figure, console.width(), 0, console) << "\n";
      PrintTrials(console, sweep, kShownTrials);
      console.out << "\n";
    }
    PrintBest(console, sweep);
    console.out << std::flush;
  }
  const client::SweepProgress progress = client::ProgressOf(sweep);
  console.err << Printable(sweep.name()) << " " << StateText(sweep.state(), console.color) << ": "
              << progress.complete << " of " << progress.trials << " trials trained to the end, "
              << progress.stopped_early << " stopped early; 'trainyard sweep get "
              << Printable(client::ShortSweepName(sweep.name())) << "' shows all" << std::endl;
  return ExitCodeOf(sweep.state(), "");
}

}  // namespace

void SweepFollowOptions::Declare(Options& options) {
  screen.Declare(options, "trial");
  options.Value("--figure", "FIGURE", &figure,
                "Which figure: trials (default), importance, or a parameter.");
}

int FollowSweep(Session& session, client::Client& client, const v1::Sweep& made,
                const SweepFollowOptions& options, const Output& output) {
  const std::string& name = made.name();
  if (const absl::Status known = CheckSweepFigure(made, options.figure); !known.ok())
    return session.Fail(known);
  Console& console = session.console();
  FollowScreen screen(console, options.screen, output);
  TimeLeft left;
  std::set<uint32_t> told;
  const absl::StatusOr<std::optional<v1::Sweep>> followed = Poll(
      session, screen, options.screen.every, [&] { return client.GetSweep(name); },
      [&](const v1::Sweep& sweep) {
        for (const v1::SweepTrial& trial : sweep.trials()) {
          if (client::HasEnded(trial.state()) && told.insert(trial.trial()).second)
            screen.Tell(trial, TrialLine(sweep, trial));
        }
        if (screen.draws())
          screen.Draw(Picture(sweep, options.figure, left.Seconds(sweep), screen, console));
        return client::HasEnded(sweep.state());
      });
  screen.Clear();
  if (!followed.ok()) return session.Fail(followed.status());
  if (followed->has_value()) return Summarise(session, **followed, options, output);
  return SayDetached(console, name, client::ShortSweepName(name), "sweep watch", "sweep stop");
}

}  // namespace trainyard::cli
