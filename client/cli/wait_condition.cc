#include "client/cli/wait_condition.h"

#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/lib/scalars.h"
#include "engine/base/violations.h"

namespace trainyard::cli {
namespace {

constexpr char kStatePrefix[] = "state=";
constexpr char kMetricPrefix[] = "metric:";

// "val_accuracy" -> "validation/accuracy"; names with a slash stay as they are.
std::string SeriesOf(const std::string& name) {
  if (absl::StrContains(name, "/")) return name;
  const std::pair<const char*, const char*> parts[] = {{"val_", "validation/"},
                                                       {"validation_", "validation/"},
                                                       {"test_", "test/"},
                                                       {"train_", "train/"}};
  for (const auto& [prefix, part] : parts) {
    if (absl::StartsWith(name, prefix)) return part + name.substr(std::string(prefix).size());
  }
  return name;
}

std::vector<std::string> StateNames() {
  std::vector<std::string> names;
  for (int i = v1::QUEUED; i <= v1::JobState_MAX; ++i)
    names.push_back(v1::JobState_Name(static_cast<v1::JobState>(i)));
  return names;
}

}  // namespace

absl::StatusOr<WaitCondition> WaitCondition::Parse(const std::string& text) {
  WaitCondition condition;
  condition.text_ = text;
  if (absl::StartsWith(text, kStatePrefix)) {
    const std::string name = absl::AsciiStrToUpper(text.substr(sizeof(kStatePrefix) - 1));
    if (!v1::JobState_Parse(name, &condition.state_) ||
        condition.state_ == v1::JOB_STATE_UNSPECIFIED) {
      return absl::InvalidArgumentError(
          absl::StrCat("--for '", text, "': unknown state", Suggestion(name, StateNames())));
    }
    return condition;
  }
  const size_t at = text.find_first_of("<>=");
  if (!absl::StartsWith(text, kMetricPrefix) || at == std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("--for '", text, "': expected state=STATE or 'metric:SERIES>VALUE'"));
  }
  const size_t end = text.find_first_not_of("<>=", at);
  condition.comparison_ = text.substr(at, end == std::string::npos ? end : end - at);
  condition.series_ =
      SeriesOf(text.substr(sizeof(kMetricPrefix) - 1, at - sizeof(kMetricPrefix) + 1));
  const auto bound =
      end == std::string::npos ? std::nullopt : client::ParseNumber(text.substr(end));
  const std::string& c = condition.comparison_;
  if (!bound.has_value() || condition.series_.empty() ||
      (c != ">" && c != ">=" && c != "<" && c != "<=" && c != "==")) {
    return absl::InvalidArgumentError(
        absl::StrCat("--for '", text, "': expected 'metric:SERIES>VALUE' with >, >=, <, <= or =="));
  }
  condition.bound_ = *bound;
  return condition;
}

bool WaitCondition::Compares(double value) const {
  if (comparison_ == ">") return value > bound_;
  if (comparison_ == ">=") return value >= bound_;
  if (comparison_ == "<") return value < bound_;
  if (comparison_ == "<=") return value <= bound_;
  return value == bound_;
}

bool WaitCondition::Take(const v1::Event& event) {
  if (state_ != v1::JOB_STATE_UNSPECIFIED) {
    if (event.has_state() && event.state().state() == state_) met_ = true;
    return met_;
  }
  for (const v1::MetricValue& value : event.metrics().values()) {
    if (value.series() == series_ && Compares(value.value())) met_ = true;
  }
  const v1::Progress& progress = event.progress();
  if (event.has_progress() && ((series_ == "train/loss" && Compares(progress.loss())) ||
                               (series_ == "train/accuracy" && Compares(progress.accuracy())))) {
    met_ = true;
  }
  return met_;
}

}  // namespace trainyard::cli
