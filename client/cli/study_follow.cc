#include "client/cli/study_follow.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/exit_codes.h"
#include "client/cli/format.h"
#include "client/cli/poll.h"
#include "client/lib/study_names.h"
#include "client/studies/study_numbers.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr int kRowsBelowFigure = 2;  // progress, and the cursor's own

class Screen {
 public:
  Screen(Console& console, const StudyFollowOptions& options, const Output& output)
      : console_(console),
        options_(options),
        output_(output),
        figure_(options.progress == "figure" ||
                (options.progress == "auto" && console.err_is_terminal)),
        quiet_(options.progress == "none") {}
  ~Screen() { Clear(); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void Show(const v1::Study& study) {
    for (const v1::StudyPoint& point : study.points()) {
      if (!client::HasEnded(point.state())) continue;
      if (!told_.insert({point.contender(), point.size()}).second) continue;
      Tell(study, point);
    }
    if (figure_) Draw(study);
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
  void Tell(const v1::Study& study, const v1::StudyPoint& point) {
    if (output_.jsonl()) {
      Clear();
      console_.out << JsonLine(point) << std::flush;
    } else if (output_.table() && !quiet_ && !(figure_ && console_.out_is_terminal)) {
      console_.out << PointLine(study, point) << std::endl;
    }
  }

  void Draw(const v1::Study& study) {
    // The last column makes some terminals wrap.
    const int width = std::max(1, console_.width() - 1);
    const std::string text =
        absl::StrCat(FigureText(study, options_.figure.which(study), width,
                                std::max(1, console_.height() - kRowsBelowFigure), console_),
                     ProgressLine(study, width, console_.unicode), "\n");
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

  Console& console_;
  const StudyFollowOptions& options_;
  const Output& output_;
  const bool figure_;
  const bool quiet_;
  int drawn_ = 0;
  std::set<std::pair<std::string, uint64_t>> told_;
};

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
  options
      .Value("--progress", "HOW", &progress,
             "auto, figure (redrawn in place), plain (a line a point) or none.")
      .OneOf({"auto", "figure", "plain", "none"});
  options.Value("--every", "TIME", &every, "How often to ask the server (default 1s).");
  figure.Declare(options, "main");
}

int FollowStudy(Session& session, client::Client& client, const std::string& name,
                const StudyFollowOptions& options, const Output& output) {
  Screen screen(session.console(), options, output);
  v1::Study last;
  absl::Status failure;
  const PollEnd end = Poll(
      session, options.every, [&] { return client.GetStudy(name); },
      [&](const v1::Study& study) {
        last = study;
        screen.Show(study);
        return client::HasEnded(study.state());
      },
      [&](const std::string& text) { screen.Say(text); }, failure);
  screen.Clear();
  if (end == PollEnd::kFailed) return session.Fail(failure);
  if (end == PollEnd::kEnded) return Summarise(session, last, options, output);
  const std::string id = client::ShortStudyName(name);
  session.console().err << "detached; " << name
                        << " goes on. Come back with 'trainyard study watch " << id
                        << "', stop it with 'trainyard study cancel " << id << "'." << std::endl;
  return kExitInterrupted;
}

}  // namespace trainyard::cli
