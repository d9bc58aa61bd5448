#include "client/cli/byte_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/format.h"
#include "client/text/text.h"

namespace trainyard::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr std::chrono::seconds kPlain{1};
// Before it, a rate says nothing.
constexpr double kFirstRateSeconds = 0.3;

}  // namespace

void ByteProgress::Declare(Options& options) {
  options.Value("--progress", "MODE", &mode_, "auto, bar, plain or none.")
      .OneOf({"auto", "bar", "plain", "none"});
}

void ByteProgress::Begin(Console& console, const std::string& doing, uint64_t total) {
  End();
  console_ = &console;
  doing_ = doing;
  total_ = total;
  done_ = 0;
  moved_ = false;
  begun_ = Clock::now();
  printed_ = begun_;
}

void ByteProgress::Update(uint64_t done) {
  done_ = done;
  if (!moved_) first_ = done;
  moved_ = true;
  if (console_ == nullptr || mode_ == "none") return;
  const bool bar = mode_ == "bar" || (mode_ == "auto" && console_->err_is_terminal);
  const auto now = Clock::now();
  if (now - printed_ < (bar ? Clock::duration(kRedraw) : Clock::duration(kPlain))) return;
  printed_ = now;
  if (!bar) {
    console_->err << Line(now) << std::endl;
    return;
  }
  console_->err << "\r" << Ellipsize(Line(now), console_->width() - 1, console_->unicode)
                << "\x1b[K" << std::flush;
  drawn_ = true;
}

void ByteProgress::End() {
  if (drawn_) console_->err << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

std::string ByteProgress::Line(Clock::time_point now) const {
  const double share = total_ == 0 ? 1 : static_cast<double>(done_) / static_cast<double>(total_);
  std::string line = absl::StrFormat("%s %3.0f%%  %s of %s", doing_, std::min(share, 1.0) * 100,
                                     Bytes(std::min(done_, total_)), Bytes(total_));
  const double seconds = std::chrono::duration<double>(now - begun_).count();
  if (seconds < kFirstRateSeconds || done_ <= first_) return line;
  const double rate = static_cast<double>(done_ - first_) / seconds;
  absl::StrAppend(&line, "  ", Bytes(static_cast<uint64_t>(rate)), "/s");
  if (total_ > done_)
    absl::StrAppend(&line, "  ", ClockTime(static_cast<double>(total_ - done_) / rate), " left");
  return line;
}

}  // namespace trainyard::cli
