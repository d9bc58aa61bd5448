#include "client/cli/format.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace trainyard::cli {
namespace {

// 1234 -> "1.2k" style, with the units of the caller.
std::string Scaled(double value, const std::vector<const char*>& units, int decimals_of_first) {
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.*f%s", unit == 0 ? decimals_of_first : 1, value, units[unit]);
}

}  // namespace

std::string Count(uint64_t value) {
  std::string digits = absl::StrCat(value);
  for (int i = static_cast<int>(digits.size()) - 3; i > 0; i -= 3)
    digits.insert(static_cast<size_t>(i), ",");
  return digits;
}

std::string Bytes(uint64_t bytes) {
  return Scaled(static_cast<double>(bytes), {" B", " kB", " MB", " GB", " TB", " PB"}, 0);
}

std::string Flops(uint64_t flops) {
  return Scaled(static_cast<double>(flops),
                {" FLOP", " kFLOP", " MFLOP", " GFLOP", " TFLOP", " PFLOP"}, 0);
}

std::string FlopsText(double flops) {
  constexpr double kMost = 1e19;  // what a whole number holds
  if (!(flops > 0)) return "-";
  return Flops(static_cast<uint64_t>(std::fmin(flops, kMost)));
}

std::string Rate(double per_second) {
  if (!std::isfinite(per_second) || per_second < 0) return "-";
  return Scaled(per_second, {"", "k", "M", "G"}, per_second < 10 ? 1 : 0);
}

std::string ClockTime(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e9) return "-:--";
  const int64_t whole = std::llround(seconds);
  if (whole < 3600) return absl::StrFormat("%d:%02d", whole / 60, whole % 60);
  return absl::StrFormat("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string Metric(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const double size = std::abs(value);
  if (size == 0 || (size >= 0.001 && size < 1000)) return absl::StrFormat("%.4f", value);
  return absl::StrFormat("%.5g", value);
}

std::string Shape(const std::vector<uint64_t>& shape) { return absl::StrJoin(shape, "x"); }

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

std::string Date(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "";
  const std::time_t seconds = time.seconds();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  std::strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
  return text;
}

std::string Age(const google::protobuf::Timestamp& time,
                std::chrono::system_clock::time_point now) {
  if (time.seconds() == 0) return "";
  const double elapsed =
      std::max(0.0, std::chrono::duration<double>(now.time_since_epoch()).count() - Seconds(time));
  if (elapsed < 120) return absl::StrFormat("%.0fs", elapsed);
  if (elapsed < 7200) return absl::StrFormat("%.0fm", std::floor(elapsed / 60));
  if (elapsed < 172800) return absl::StrFormat("%.0fh", std::floor(elapsed / 3600));
  return absl::StrFormat("%.0fd", std::floor(elapsed / 86400));
}

std::string StateText(v1::JobState state, bool color) {
  const std::string& word = v1::JobState_Name(state);
  if (!color) return word;
  switch (state) {
    case v1::SUCCEEDED:
      return "\x1b[32m" + word + "\x1b[0m";
    case v1::FAILED:
      return "\x1b[31m" + word + "\x1b[0m";
    case v1::CANCELLING:
    case v1::CANCELLED:
      return "\x1b[33m" + word + "\x1b[0m";
    case v1::RUNNING:
      return "\x1b[36m" + word + "\x1b[0m";
    default:
      return word;
  }
}

const char* SeverityText(v1::Severity severity) {
  switch (severity) {
    case v1::WARNING:
      return "warning";
    case v1::ERROR:
      return "error";
    default:
      return "info";
  }
}

}  // namespace trainyard::cli
