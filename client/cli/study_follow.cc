#include "client/cli/study_follow.h"

#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/detached.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/poll.h"
#include "client/lib/study_names.h"
#include "client/studies/study_numbers.h"
#include "client/text/text.h"

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

}  // namespace

void StudyFollowOptions::Declare(Options& options) {
  screen.Declare(options, "point");
  figure.Declare(options, "main");
}

int FollowStudy(Session& session, client::Client& client, const std::string& name,
                const StudyFollowOptions& options, const Output& output) {
  Console& console = session.console();
  FollowScreen screen(console, options.screen, output);
  std::set<std::pair<std::string, uint64_t>> told;
  const absl::StatusOr<std::optional<v1::Study>> followed = Poll(
      session, screen, options.screen.every, [&] { return client.GetStudy(name); },
      [&](const v1::Study& study) {
        for (const v1::StudyPoint& point : study.points()) {
          if (client::HasEnded(point.state()) &&
              told.insert({point.contender(), point.size()}).second)
            screen.Tell(point, PointLine(study, point));
        }
        if (screen.draws()) screen.Draw(Picture(study, options, screen, console));
        return client::HasEnded(study.state());
      });
  screen.Clear();
  if (!followed.ok()) return session.Fail(followed.status());
  if (followed->has_value()) return Summarise(session, **followed, options, output);
  return SayDetached(console, name, client::ShortStudyName(name), "study watch", "study cancel");
}

}  // namespace trainyard::cli
