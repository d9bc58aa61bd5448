#include "client/cli/run_state.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/format.h"

namespace trainyard::cli {
namespace {

constexpr size_t kMaxPoints = 512;
constexpr size_t kPaceEvents = 50;

int Rank(const std::string& metric) { return metric == "accuracy" ? 0 : metric == "loss" ? 1 : 2; }

// Scalars of the parts that are evaluated: "<part>/<metric>", without further detail.
bool SplitSeries(const std::string& series, std::string& part, std::string& metric) {
  const size_t slash = series.find('/');
  if (slash == std::string::npos || series.find('/', slash + 1) != std::string::npos) return false;
  part = series.substr(0, slash);
  metric = series.substr(slash + 1);
  return part == "validation" || part == "test";
}

}  // namespace

std::string Evaluation::Text() const {
  const double whole = std::round(epoch);
  // Learners have steps and no epochs.
  std::string text = epoch <= 0 ? absl::StrFormat("step %d  %s", step, part)
                     : std::abs(epoch - whole) < 1e-6
                         ? absl::StrFormat("epoch %.0f  %s", whole, part)
                         : absl::StrFormat("epoch %.2f  %s", epoch, part);
  for (size_t i = 0; i < metrics.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? " " : "  ", metrics[i].first, " ", Metric(metrics[i].second));
  }
  return text;
}

void RunState::Curve::Add(double value) {
  sum += value;
  if (++count < stride) return;
  values.push_back(sum / count);
  sum = 0;
  count = 0;
  if (values.size() < kMaxPoints) return;
  for (size_t i = 0; i < kMaxPoints / 2; ++i) values[i] = (values[2 * i] + values[2 * i + 1]) / 2;
  values.resize(kMaxPoints / 2);
  stride *= 2;
}

void RunState::ApplyProgress(const v1::Progress& progress, double time) {
  progress_ = progress;
  has_progress_ = true;
  if (std::isfinite(progress.loss())) losses_.Add(progress.loss());
  if (std::isfinite(progress.accuracy())) accuracies_.Add(progress.accuracy());
  if (!pace_.empty() && progress.step() < pace_.back().step)
    pace_.clear();  // an attempt that stepped back
  pace_.push_back({time, progress.step()});
  if (pace_.size() > kPaceEvents) pace_.pop_front();
}

std::vector<Evaluation> RunState::Apply(const v1::Event& event) {
  std::vector<Evaluation> evaluations;
  const double time = Seconds(event.time());
  attempt_ = std::max(attempt_, event.attempt());
  last_time_ = time;
  switch (event.kind_case()) {
    case v1::Event::kState:
      state_ = event.state().state();
      reason_ = event.state().reason();
      message_ = event.state().message();
      break;
    case v1::Event::kAttemptStarted:
      if (first_time_ == 0) first_time_ = time;
      pace_.clear();
      break;
    case v1::Event::kProgress:
      ApplyProgress(event.progress(), time);
      break;
    case v1::Event::kMetrics:
      for (const v1::MetricValue& value : event.metrics().values()) {
        results_[value.series()] = value.value();
        std::string part;
        std::string metric;
        if (!SplitSeries(value.series(), part, metric)) continue;
        auto evaluation = std::find_if(evaluations.begin(), evaluations.end(),
                                       [&](const Evaluation& other) { return other.part == part; });
        if (evaluation == evaluations.end()) {
          evaluations.push_back({event.metrics().epoch(), event.metrics().step(), part, {}});
          evaluation = evaluations.end() - 1;
        }
        evaluation->metrics.emplace_back(metric, value.value());
      }
      break;
    default:
      break;
  }
  for (Evaluation& evaluation : evaluations) {
    std::stable_sort(
        evaluation.metrics.begin(), evaluation.metrics.end(), [](const auto& a, const auto& b) {
          return Rank(a.first) != Rank(b.first) ? Rank(a.first) < Rank(b.first)
                                                : Rank(a.first) == 2 && a.first < b.first;
        });
  }
  return evaluations;
}

double RunState::total_epochs() const {
  if (progress_.step() == 0 || progress_.epoch() <= 0) return 0;
  return static_cast<double>(progress_.total_steps()) * progress_.epoch() /
         static_cast<double>(progress_.step());
}

std::optional<double> RunState::seconds_left() const {
  if (pace_.size() < 2 || progress_.total_steps() < progress_.step()) return std::nullopt;
  const double time = pace_.back().time - pace_.front().time;
  const double steps = static_cast<double>(pace_.back().step - pace_.front().step);
  if (time <= 0 || steps <= 0) return std::nullopt;
  return static_cast<double>(progress_.total_steps() - progress_.step()) * time / steps;
}

double RunState::seconds() const { return first_time_ == 0 ? 0 : last_time_ - first_time_; }

}  // namespace trainyard::cli
