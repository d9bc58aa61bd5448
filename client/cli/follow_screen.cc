#include "client/cli/follow_screen.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/text/text.h"

namespace trainyard::cli {

void FollowScreenOptions::Declare(Options& options, const std::string& item) {
  options
      .Value("--progress", "HOW", &progress,
             absl::StrCat("auto, figure (redrawn in place), plain (a line a ", item, ") or none."))
      .OneOf({"auto", "figure", "plain", "none"});
  options.Value("--every", "TIME", &every,
                "How often to draw at most, or to ask the server (default 1s).");
}

FollowScreen::FollowScreen(Console& console, const FollowScreenOptions& options,
                           const Output& output)
    : console_(console),
      output_(output),
      draws_(options.progress == "figure" ||
             (options.progress == "auto" && console.err_is_terminal)),
      quiet_(options.progress == "none") {}

// The last column makes some terminals wrap.
int FollowScreen::width() const { return std::max(1, console_.width() - 1); }

int FollowScreen::figure_rows(int rows_below) const {
  return std::max(1, console_.height() - rows_below);
}

void FollowScreen::Draw(const std::string& picture) {
  std::string text = Home();
  for (const char c : picture) {
    if (c == '\n') text += "\x1b[K";
    text += c;
  }
  console_.err << text << "\x1b[J" << std::flush;
  drawn_ = static_cast<int>(std::count(picture.begin(), picture.end(), '\n'));
}

void FollowScreen::Clear() {
  if (drawn_ == 0) return;
  console_.err << Home() << "\x1b[J" << std::flush;
  drawn_ = 0;
}

void FollowScreen::Tell(const google::protobuf::Message& item, const std::string& line) {
  if (output_.jsonl()) {
    Clear();
    console_.out << JsonLine(item) << std::flush;
  } else if (output_.table() && !quiet_ && !(draws_ && console_.out_is_terminal)) {
    console_.out << line << std::endl;
  }
}

void FollowScreen::Say(const std::string& text) {
  Clear();
  console_.err << Printable(text) << std::endl;
}

std::string FollowScreen::Home() const {
  return drawn_ == 0 ? "\r" : absl::StrCat("\r\x1b[", drawn_, "A");
}

}  // namespace trainyard::cli
