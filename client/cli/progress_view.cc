#include "client/cli/progress_view.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/format.h"
#include "client/cli/sparkline.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr double kPlainSeconds = 1.0;
constexpr std::chrono::milliseconds kRedraw{66};
constexpr int kNarrowestBar = 8;
constexpr int kWidestBar = 40;
constexpr int kWidestCurve = 32;
constexpr int kNarrowestCurve = 6;
constexpr int kGap = 2;

double Share(const v1::Progress& progress) {
  if (progress.total_steps() == 0) return 0;
  return std::min(
      1.0, static_cast<double>(progress.step()) / static_cast<double>(progress.total_steps()));
}

std::string Bar(double share, int width, bool unicode, bool color) {
  const int full = static_cast<int>(share * width);
  std::string done;
  std::string rest;
  for (int i = 0; i < width; ++i)
    (i < full ? done : rest) += unicode ? (i < full ? "━" : "─") : (i < full ? "#" : "-");
  return color ? absl::StrCat("\x1b[36m", done, "\x1b[0m\x1b[2m", rest, "\x1b[0m") : done + rest;
}

std::string Eta(const RunState& state) {
  const auto left = state.seconds_left();
  return "ETA " + ClockTime(left.value_or(-1));
}

class BarView final : public ProgressView {
 public:
  BarView(std::string title, Console& console) : title_(std::move(title)), console_(console) {}
  ~BarView() override { Clear(); }

  void Update(const RunState& state, const v1::Event& event) override {
    const auto now = std::chrono::steady_clock::now();
    const bool due =
        now - drawn_at_ >= kRedraw || !drawn_ || event.kind_case() != v1::Event::kProgress;
    if (!due) return;
    drawn_at_ = now;
    const int width =
        std::max(1, console_.width() - 1);  // the last column makes some terminals wrap
    std::string picture = Home();
    absl::StrAppend(&picture, BarLine(state, title_, width, console_.unicode, console_.color),
                    "\x1b[K\n", CurveLine(state, width, console_.unicode), "\x1b[K\r");
    console_.err << picture << std::flush;
    drawn_ = true;
  }

  void Clear() override {
    if (!drawn_) return;
    console_.err << Home() << "\x1b[J" << std::flush;
    drawn_ = false;
  }

 private:
  // Back to the first of the two lines.
  std::string Home() const { return drawn_ ? "\r\x1b[1A" : "\r"; }

  const std::string title_;
  Console& console_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point drawn_at_;
};

// At most one line a second of the job's own time: a replay prints what the live watch printed.
class PlainView final : public ProgressView {
 public:
  explicit PlainView(Console& console) : console_(console) {}
  void Update(const RunState& state, const v1::Event& event) override {
    if (event.kind_case() != v1::Event::kProgress) return;
    const double time = Seconds(event.time());
    if (time - printed_at_ < kPlainSeconds) return;
    printed_at_ = time;
    console_.err << PlainLine(state) << std::endl;
  }

 private:
  Console& console_;
  double printed_at_ = 0;
};

class NoView final : public ProgressView {
 public:
  void Update(const RunState&, const v1::Event&) override {}
};

}  // namespace

std::string PlainLine(const RunState& state) {
  const v1::Progress& progress = state.progress();
  std::string line = absl::StrFormat("step %d/%d", progress.step(), progress.total_steps());
  // Learners have no epochs.
  if (progress.epoch() > 0) absl::StrAppendFormat(&line, "  epoch %.2f", progress.epoch());
  if (std::isfinite(progress.loss())) absl::StrAppend(&line, "  loss ", Metric(progress.loss()));
  if (std::isfinite(progress.accuracy()))
    absl::StrAppend(&line, "  accuracy ", Metric(progress.accuracy()));
  absl::StrAppend(&line, "  ", Rate(progress.samples_per_second()), " samples/s  ", Eta(state));
  return line;
}

std::string BarLine(const RunState& state, const std::string& title, int width, bool unicode,
                    bool color) {
  if (!state.has_progress()) {
    return Ellipsize(absl::StrCat(title, "  ", StateText(state.state(), false)), width, unicode);
  }
  const v1::Progress& progress = state.progress();
  const double total = state.total_epochs();
  // From the most to the least important; what does not fit is left out, the title gives way last.
  const std::string percent = absl::StrFormat("%3.0f%%", std::floor(Share(progress) * 100));
  std::vector<std::string> parts = {percent, Eta(state)};
  if (total > 0) parts.push_back(absl::StrFormat("epoch %.1f/%.0f", progress.epoch(), total));
  parts.push_back(Rate(progress.samples_per_second()) + " samples/s");
  int used =
      std::min(DisplayWidth(title), std::max(kNarrowestBar, width / 3)) + kGap + kNarrowestBar;
  std::string right;
  for (const std::string& part : parts) {
    if (used + kGap + DisplayWidth(part) > width) break;
    used += kGap + DisplayWidth(part);
    absl::StrAppend(&right, std::string(kGap, ' '), part);
  }
  const int left = width - DisplayWidth(right);
  const int title_width = std::min(DisplayWidth(title), std::max(kNarrowestBar, width / 3));
  const int bar = std::min(kWidestBar, left - title_width - kGap);
  if (bar < kNarrowestBar) return Ellipsize(percent, width, unicode);
  return absl::StrCat(Ellipsize(title, title_width, unicode), std::string(kGap, ' '),
                      Bar(Share(progress), bar, unicode, color), right);
}

std::string CurveLine(const RunState& state, int width, bool unicode) {
  const v1::Progress& progress = state.progress();
  struct Part {
    std::string label;
    const std::vector<double>* curve;
  };
  std::vector<Part> parts;
  if (state.has_progress() && std::isfinite(progress.loss())) {
    parts.push_back({"loss " + Metric(progress.loss()), &state.losses()});
  }
  if (state.has_progress() && std::isfinite(progress.accuracy())) {
    parts.push_back({"accuracy " + Metric(progress.accuracy()), &state.accuracies()});
  }
  int labels = 0;
  for (const Part& part : parts) labels += DisplayWidth(part.label) + kGap;
  int curve = 0;
  if (unicode && !parts.empty()) {
    const int count = static_cast<int>(parts.size());
    curve = std::min(kWidestCurve, (width - labels - count) / count);
    if (curve < kNarrowestCurve) curve = 0;
  }
  std::string line;
  for (const Part& part : parts) {
    if (!line.empty()) line += std::string(kGap, ' ');
    line += part.label;
    if (curve > 0) absl::StrAppend(&line, " ", Sparkline(*part.curve, curve));
  }
  return Ellipsize(line, width, unicode);
}

std::unique_ptr<ProgressView> MakeProgressView(const std::string& mode, const std::string& title,
                                               Console& console) {
  if (mode == "none") return std::make_unique<NoView>();
  if (mode == "bar" || (mode == "auto" && console.err_is_terminal)) {
    return std::make_unique<BarView>(title, console);
  }
  return std::make_unique<PlainView>(console);
}

}  // namespace trainyard::cli
