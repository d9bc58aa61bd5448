#include "client/cli/sweep_follow.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/poll.h"
#include "client/cli/sweep_view.h"
#include "client/lib/sweep_names.h"
#include "client/sweeps/sweep_numbers.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kRowsBelowFigure = 3;  // the best, progress, and the cursor's own
constexpr int kShownTrials = 10;

bool HasEnded(v1::JobState state) {
  return state == v1::SUCCEEDED || state == v1::FAILED || state == v1::CANCELLED;
}

class Screen {
 public:
  Screen(Console& console, const SweepFollowOptions& options, const Output& output)
      : console_(console),
        options_(options),
        output_(output),
        figure_(options.progress == "figure" ||
                (options.progress == "auto" && console.err_is_terminal)),
        quiet_(options.progress == "none") {}
  ~Screen() { Clear(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void Show(const v1::Sweep& sweep) {
    for (const v1::SweepTrial& trial : sweep.trials()) {
      if (HasEnded(trial.state()) && told_.insert(trial.trial()).second) Tell(sweep, trial);
    }
    if (figure_) Draw(sweep);
  }

  void Say(const std::string& text) {
    Clear();
    console_.err << Printable(text) << std::endl;
  }

  void Clear() {
    if (drawn_ == 0) return;
    console_.err << Home() << "\x1b[J" << std::flush;
    drawn_ = 0;
  }

 private:
  void Tell(const v1::Sweep& sweep, const v1::SweepTrial& trial) {
    if (output_.jsonl()) {
      Clear();
      console_.out << JsonLine(trial) << std::flush;
    } else if (output_.table() && !quiet_ && !(figure_ && console_.out_is_terminal)) {
      console_.out << TrialLine(sweep, trial) << std::endl;
    }
  }

  // By the rate since the watch began.
  double Eta(const v1::Sweep& sweep) {
    const int ended = client::ProgressOf(sweep).ended();
    const auto now = SteadyClock::now();
    if (!first_.has_value()) first_ = {ended, now};
    const int since = ended - first_->ended;
    if (since == 0) return std::numeric_limits<double>::quiet_NaN();
    const double seconds = std::chrono::duration<double>(now - first_->time).count();
    return seconds / since * (sweep.trials_size() - ended);
  }

  void Draw(const v1::Sweep& sweep) {
    // The last column makes some terminals wrap.
    const int width = std::max(1, console_.width() - 1);
    const std::string best = BestLine(sweep);
    const std::string text =
        absl::StrCat(SweepFigureText(sweep, options_.figure, width,
                                     std::max(1, console_.height() - kRowsBelowFigure), console_),
                     Ellipsize(best.empty() ? "no trial has been trained to the end yet" : best,
                               width, console_.unicode),
                     "\n", SweepProgressLine(sweep, Eta(sweep), width, console_.unicode), "\n");
    std::string picture = Home();
    for (const char c : text) {
      if (c == '\n') picture += "\x1b[K";
      picture += c;
    }
    console_.err << picture << "\x1b[J" << std::flush;
    drawn_ = static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }

  // Back to the first line of the picture.
  std::string Home() const { return drawn_ == 0 ? "\r" : absl::StrCat("\r\x1b[", drawn_, "A"); }

  struct Start {
    int ended = 0;
    SteadyClock::time_point time;
  };

  Console& console_;
  const SweepFollowOptions& options_;
  const Output& output_;
  const bool figure_;
  const bool quiet_;
  int drawn_ = 0;
  std::set<uint32_t> told_;
  std::optional<Start> first_;
};

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
  options
      .Value("--progress", "HOW", &progress,
             "auto, figure (redrawn in place), plain (a line a trial) or none.")
      .OneOf({"auto", "figure", "plain", "none"});
  options.Value("--every", "TIME", &every, "How often to ask the server (default 1s).");
  options.Value("--figure", "FIGURE", &figure,
                "Which figure: trials (default), importance, or a parameter.");
}

int FollowSweep(Session& session, client::Client& client, const v1::Sweep& made,
                const SweepFollowOptions& options, const Output& output) {
  const std::string& name = made.name();
  if (const absl::Status known = CheckSweepFigure(made, options.figure); !known.ok())
    return session.Fail(known);
  Screen screen(session.console(), options, output);
  v1::Sweep last;
  absl::Status failure;
  const PollEnd end = Poll(
      session, options.every, [&] { return client.GetSweep(name); },
      [&](const v1::Sweep& sweep) {
        last = sweep;
        screen.Show(sweep);
        return HasEnded(sweep.state());
      },
      [&](const std::string& text) { screen.Say(text); }, failure);
  screen.Clear();
  if (end == PollEnd::kFailed) return session.Fail(failure);
  if (end == PollEnd::kEnded) return Summarise(session, last, options, output);
  const std::string id = client::ShortSweepName(name);
  session.console().err << "detached; " << name
                        << " goes on. Come back with 'trainyard sweep watch " << id
                        << "', stop it with 'trainyard sweep stop " << id << "'." << std::endl;
  return kExitInterrupted;
}

}  // namespace trainyard::cli
