#include "client/cli/study_follow.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/detached.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/lib/scalars.h"
#include "client/lib/study_names.h"
#include "client/lib/study_watch.h"
#include "client/studies/study_numbers.h"
#include "client/text/text.h"
#include "engine/base/status.h"

namespace trainyard::cli {
namespace {

constexpr int kRowsBelowFigure = 2;  // progress, and the cursor's own

std::string Picture(const v1::Study& study, const StudyFollowOptions& options,
                    const FollowScreen& screen, const Console& console) {
  const int width = screen.width();
  return absl::StrCat(FigureText(study, options.figure.which(study), width,
                                 screen.figure_rows(kRowsBelowFigure), console),
                      ProgressLine(study, width, console.unicode), "\n");
}

int Summarise(Session& session, const v1::Study& study, const StudyFollowOptions& options,
              const Output& output) {
  Console& console = session.console();
  if (output.json()) console.out << PrettyJson(study);
  if (output.table()) {
    if (console.out_is_terminal) {
      console.out << FigureText(study, options.figure.which(study), console.width(), 0, console)
                  << "\n";
    }
    PrintFindings(console, study);
    console.out << std::flush;
  }
  const client::Progress progress = client::ProgressOf(study);
  console.err << Printable(study.name()) << " " << StateText(study.state(), console.color) << ": "
              << progress.measured << " of " << progress.points
              << " points measured; 'trainyard study report "
              << Printable(client::ShortStudyName(study.name())) << "' writes the report"
              << std::endl;
  return ExitCodeOf(study.state(), "");
}

// Tells of points that end, and keeps the picture as new as `pause` allows.
class Follower final : public client::StudyWatchHandler {
 public:
  Follower(client::Client& client, v1::Study study, const StudyFollowOptions& options,
           std::chrono::nanoseconds pause, FollowScreen& screen, const Console& console)
      : client_(client),
        study_(std::move(study)),
        options_(options),
        pause_(pause),
        screen_(screen),
        console_(console) {
    if (screen_.draws()) screen_.Draw(Picture(study_, options_, screen_, console_));
  }

  void OnEvent(const v1::StudyEvent& event) override {
    changed_ = true;
    if (event.has_point() && client::HasEnded(event.point().state())) Tell(event.point());
    Redraw();
  }
  void OnQuiet() override { Redraw(); }
  void OnLost(const absl::Status& status) override {
    screen_.Say(absl::StrCat("lost the server (", Message(status), "); looking for it"));
  }
  void OnResumed() override { screen_.Say("found the server again; going on"); }

 private:
  void Tell(const v1::StudyPoint& point) {
    const bool known = std::any_of(
        study_.specification().contenders().begin(), study_.specification().contenders().end(),
        [&](const v1::Contender& contender) { return contender.name() == point.contender(); });
    // One of an extension that was made meanwhile.
    if (!known) Refresh();
    screen_.Tell(point, PointLine(study_, point));
  }

  void Redraw() {
    const auto now = std::chrono::steady_clock::now();
    if (!screen_.draws() || !changed_ || now - drawn_ < pause_) return;
    changed_ = false;
    Refresh();
    // After the answer: a server that takes long is not asked more often for it.
    drawn_ = std::chrono::steady_clock::now();
    screen_.Draw(Picture(study_, options_, screen_, console_));
  }

  // Without an answer it stays what it was: the stream tells of a lost server.
  void Refresh() {
    absl::StatusOr<v1::Study> study = client_.GetStudy(study_.name());
    if (study.ok()) study_ = *std::move(study);
  }

  client::Client& client_;
  v1::Study study_;
  const StudyFollowOptions& options_;
  const std::chrono::nanoseconds pause_;
  FollowScreen& screen_;
  const Console& console_;
  bool changed_ = false;
  std::chrono::steady_clock::time_point drawn_;
};

}  // namespace

void StudyFollowOptions::Declare(Options& options) {
  screen.Declare(options, "point");
  figure.Declare(options, "main");
}

int FollowStudy(Session& session, client::Client& client, const std::string& name,
                const StudyFollowOptions& options, const Output& output) {
  Console& console = session.console();
  FollowScreen screen(console, options.screen, output);
  const auto pause = client::ParseDuration(options.screen.every);
  if (!pause.has_value()) {
    return session.Fail(absl::InvalidArgumentError(absl::StrCat(
        "--every: expected a time such as 500ms, 1s or 1m, not '", options.screen.every, "'")));
  }
  absl::StatusOr<v1::Study> study = client.GetStudy(name);
  if (!study.ok()) return session.Fail(study.status());
  Follower follower(client, *std::move(study), options, std::chrono::nanoseconds(*pause), screen,
                    console);
  client::StudyWatchOptions watch;
  watch.study = name;
  const auto end = client::WatchStudy(client, watch, follower, session.interrupt());
  screen.Clear();
  if (!end.ok()) return session.Fail(end.status());
  if (!end->has_value())
    return SayDetached(console, name, client::ShortStudyName(name), "study watch", "study cancel");
  study = client.GetStudy(name);
  if (!study.ok()) return session.Fail(study.status());
  return Summarise(session, *study, options, output);
}

}  // namespace trainyard::cli
