#include "server/studies/activation_points.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/studies/gradient_health.h"
#include "server/studies/study_plan.h"
#include "server/studies/study_points.h"

namespace trainyard {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmoothedSamples = 4096;
// Of a curve that is handed out.
constexpr size_t kMostCurvePoints = 100;
constexpr char kGradient[] = "/gradient_rms";
constexpr char kUpdate[] = "/update_ratio";
constexpr char kSaturation[] = "/saturation";
constexpr char kDead[] = "/dead_units";

// "runs/3/health/dense_1/gradient_rms": 3 and the rest behind it. False for other series.
bool Split(const std::string& series, int& run, std::string& rest) {
  int length = 0;
  if (std::sscanf(series.c_str(), "runs/%d/%n", &run, &length) != 1 || length == 0) return false;
  rest = series.substr(static_cast<size_t>(length));
  return run >= 0;
}

double GeometricMean(const std::vector<double>& values) {
  double sum = 0;
  int count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += std::log(value);
    ++count;
  }
  return count == 0 ? kNone : std::exp(sum / count);
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  int count = 0;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    sum += value;
    ++count;
  }
  return count == 0 ? kNone : sum / count;
}

double Median(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !std::isfinite(value); });
  if (values.empty()) return kNone;
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

// How the runs of one candidate did, by seed.
struct Trial {
  std::vector<v1::CostToThreshold> costs;
  std::vector<double> last_errors;
};

// Of the seeds but one (-1: of all): how often the threshold was missed, the mean of the logarithms
// of the steps, the error at the end. Lower is better, in this order.
struct Standing {
  int missed = 0;
  double log_steps = 0;
  double error = 0;

  bool operator<(const Standing& other) const {
    if (missed != other.missed) return missed < other.missed;
    if (log_steps != other.log_steps) return log_steps < other.log_steps;
    return error < other.error;
  }
};

Standing StandingOf(const Trial& trial, int without) {
  Standing standing;
  for (size_t seed = 0; seed < trial.costs.size(); ++seed) {
    if (static_cast<int>(seed) == without) continue;
    standing.missed += trial.costs[seed].reached() ? 0 : 1;
    standing.log_steps += std::log(std::max(1.0, trial.costs[seed].steps()));
    standing.error += std::isfinite(trial.last_errors[seed]) ? trial.last_errors[seed] : 1;
  }
  return standing;
}

int Best(const std::vector<Trial>& trials, int without) {
  int best = 0;
  for (int i = 1; i < static_cast<int>(trials.size()); ++i) {
    if (StandingOf(trials[static_cast<size_t>(i)], without) <
        StandingOf(trials[static_cast<size_t>(best)], without)) {
      best = i;
    }
  }
  return best;
}

class Filler {
 public:
  Filler(const v1::StudySpecification& study, const v1::Job& job, const TrainingCurves& curves)
      : study_(study),
        job_(job),
        curves_(curves),
        seeds_(static_cast<int>(study.seeds())),
        candidates_(job.specification().runs_size() / std::max(1, seeds_)),
        train_samples_(static_cast<double>(job.model().train_samples())) {
    for (const v1::RunResult& run : job.runs()) {
      if (run.state() == v1::SUCCEEDED) succeeded_.insert(static_cast<int>(run.run()));
    }
  }

  void Fill(v1::StudyPoint& point) {
    std::vector<Trial> trials;
    for (int candidate = 0; candidate < candidates_; ++candidate)
      trials.push_back(TrialOf(candidate));
    if (trials.empty()) return;
    v1::ActivationMeasurement& out = *point.mutable_activation();
    for (int seed = 0; seed < seeds_; ++seed) {
      const int candidate = Best(trials, seed);
      v1::CostToThreshold& cost = *out.add_costs();
      cost = trials[static_cast<size_t>(candidate)].costs[static_cast<size_t>(seed)];
      cost.set_candidate(static_cast<uint32_t>(candidate));
    }
    const int chosen = Best(trials, -1);
    FillCandidate(study_, job_, chosen, point);
    out.set_at_the_edge(AtTheEdge(chosen));
    AddCurve(chosen, out);
    AddLayers(chosen, out);
    AddRatios(chosen, out);
    out.set_diagnosis(Diagnosis(chosen, out));
  }

 private:
  Trial TrialOf(int candidate) const {
    Trial trial;
    for (int seed = 0; seed < seeds_; ++seed) {
      const int run = RunIndex(study_, candidate, seed);
      const std::vector<SmoothedPoint> points = Smooth(curves_.Of(run), train_samples_);
      trial.costs.push_back(CostOf(run, seed, points));
      trial.last_errors.push_back(succeeded_.count(run) > 0 && !points.empty() ? points.back().error
                                                                               : kNone);
    }
    return trial;
  }

  // A run that diverges has not reached anything that lasts.
  v1::CostToThreshold CostOf(int run, int seed, const std::vector<SmoothedPoint>& points) const {
    v1::CostToThreshold cost;
    cost.set_seed(SeedOf(seed));
    const double threshold = study_.activation().threshold();
    if (succeeded_.count(run) > 0) {
      for (size_t i = 0; i < points.size(); ++i) {
        if (!(points[i].error <= threshold)) continue;
        const SmoothedPoint at = i == 0 ? points[0] : Crossing(points[i - 1], points[i], threshold);
        cost.set_reached(true);
        cost.set_steps(at.step);
        cost.set_samples(at.samples);
        cost.set_seconds(at.seconds);
        return cost;
      }
    }
    const double runs = std::max(1, job_.specification().runs_size());
    cost.set_steps(static_cast<double>(job_.model().steps()) / runs);
    const SmoothedPoint last = points.empty() ? SmoothedPoint{} : points.back();
    const double share = last.step > 0 ? cost.steps() / last.step : kNone;
    cost.set_samples(last.samples * share);
    cost.set_seconds(last.seconds * share);
    return cost;
  }

  static SmoothedPoint Crossing(const SmoothedPoint& before, const SmoothedPoint& after,
                                double threshold) {
    const double fall = before.error - after.error;
    const double share = fall > 0 ? std::clamp((before.error - threshold) / fall, 0.0, 1.0) : 1;
    const auto between = [&](double a, double b) { return a + share * (b - a); };
    return {between(before.step, after.step), between(before.samples, after.samples),
            between(before.seconds, after.seconds), threshold};
  }

  bool AtTheEdge(int candidate) const {
    if (candidates_ < 2) return false;
    const auto& rates = study_.activation().learning_rates();
    const auto [least, most] = std::minmax_element(rates.begin(), rates.end());
    const double rate = rates[candidate];
    return rate == *least || rate == *most;
  }

  // At the steps that every run of the candidate told of.
  void AddCurve(int candidate, v1::ActivationMeasurement& out) const {
    std::map<double, std::vector<double>> errors;
    int runs = 0;
    for (int seed = 0; seed < seeds_; ++seed) {
      const int run = RunIndex(study_, candidate, seed);
      if (succeeded_.count(run) == 0) continue;
      ++runs;
      for (const SmoothedPoint& point : Smooth(curves_.Of(run), train_samples_))
        errors[point.step].push_back(point.error);
    }
    std::erase_if(errors, [&](const auto& at) {
      return static_cast<int>(at.second.size()) != runs || at.second.empty();
    });
    const size_t stride = errors.size() / kMostCurvePoints + 1;
    size_t index = 0;
    for (const auto& [step, values] : errors) {
      if (index++ % stride != 0 && index != errors.size()) continue;
      v1::ActivationMeasurement::CurvePoint& point = *out.add_curve();
      point.set_step(static_cast<uint64_t>(step));
      point.set_mean(Mean(values));
      point.set_low(*std::min_element(values.begin(), values.end()));
      point.set_high(*std::max_element(values.begin(), values.end()));
    }
  }

  // Of each seed's run, by `reduce`.
  template <typename Reduce>
  std::vector<double> Over(int candidate, const std::string& series, const Reduce& reduce) const {
    std::vector<double> values;
    for (int seed = 0; seed < seeds_; ++seed) {
      const auto& health = curves_.Of(RunIndex(study_, candidate, seed)).health;
      const auto found = health.find(series);
      if (found != health.end() && !found->second.empty()) values.push_back(reduce(found->second));
    }
    return values;
  }

  void AddLayers(int candidate, v1::ActivationMeasurement& out) const {
    using List = std::vector<TrainingCurves::Measured>;
    const auto first = [](const List& list) { return list.front().value; };
    const auto last = [](const List& list) { return list.back().value; };
    const auto median = [](const List& list) {
      std::vector<double> values;
      for (const auto& one : list) values.push_back(one.value);
      return Median(std::move(values));
    };
    for (const std::string& name : curves_.layers()) {
      v1::ActivationMeasurement::Layer& layer = *out.add_layers();
      layer.set_name(name);
      layer.set_initial_gradient_rms(GeometricMean(Over(candidate, name + kGradient, first)));
      layer.set_gradient_rms(GeometricMean(Over(candidate, name + kGradient, median)));
      layer.set_update_ratio(GeometricMean(Over(candidate, name + kUpdate, median)));
      layer.set_saturation(Mean(Over(candidate, name + kSaturation, last)));
      layer.set_dead_units(Mean(Over(candidate, name + kDead, last)));
    }
  }

  void AddRatios(int candidate, v1::ActivationMeasurement& out) const {
    for (int seed = 0; seed < seeds_; ++seed) {
      const auto& health = curves_.Of(RunIndex(study_, candidate, seed)).health;
      std::vector<double> gradients;
      for (const std::string& layer : curves_.layers()) {
        const auto found = health.find(layer + kGradient);
        if (found == health.end() || health.count(layer + kUpdate) == 0) continue;
        gradients.push_back(found->second.front().value);
      }
      if (gradients.size() > 1) out.add_gradient_ratios(gradients.front() / gradients.back());
    }
  }

  // By the measurement over seeds; of gradients at the first step and, where they are well there,
  // over training.
  std::string Diagnosis(int candidate, const v1::ActivationMeasurement& measured) const {
    int diverged = 0;
    for (int seed = 0; seed < seeds_; ++seed)
      diverged += succeeded_.count(RunIndex(study_, candidate, seed)) == 0;
    std::vector<studies::NamedNumber> initial;
    std::vector<studies::NamedNumber> later;
    const auto add = [](auto& list, const std::string& name, double value) {
      if (!std::isnan(value)) list.push_back({name, value});
    };
    for (const v1::ActivationMeasurement::Layer& layer : measured.layers()) {
      add(initial, layer.name() + kGradient, layer.initial_gradient_rms());
      add(later, layer.name() + kGradient, layer.gradient_rms());
      for (auto* list : {&initial, &later}) {
        add(*list, layer.name() + kUpdate, layer.update_ratio());
        add(*list, layer.name() + kSaturation, layer.saturation());
        add(*list, layer.name() + kDead, layer.dead_units());
      }
    }
    std::vector<studies::Diagnosis> found = studies::DiagnoseGradients(initial);
    if (found.empty()) found = studies::DiagnoseGradients(later);
    if (diverged == 0) return studies::Describe(found);
    return absl::StrCat(diverged, " of ", seeds_, " runs diverged: the learning rates are too high",
                        found.empty() ? "" : "; ", found.empty() ? "" : studies::Describe(found));
  }

  const v1::StudySpecification& study_;
  const v1::Job& job_;
  const TrainingCurves& curves_;
  const int seeds_;
  const int candidates_;
  const double train_samples_;
  std::set<int> succeeded_;
};

}  // namespace

void TrainingCurves::Add(const v1::Event& event) {
  const v1::Metrics& metrics = event.metrics();
  for (const v1::MetricValue& value : metrics.values()) {
    int index = 0;
    std::string rest;
    if (!Split(value.series(), index, rest)) continue;
    Run& run = runs_[index];
    if (absl::StartsWith(rest, "health/")) {
      rest = rest.substr(std::string("health/").size());
      std::vector<Measured>& list = run.health[rest];
      // A run that went on from a checkpoint tells some steps again.
      while (!list.empty() && list.back().step >= metrics.step()) list.pop_back();
      list.push_back({metrics.step(), value.value()});
      const std::string layer = rest.substr(0, rest.rfind('/'));
      if (std::find(layers_.begin(), layers_.end(), layer) == layers_.end())
        layers_.push_back(layer);
      continue;
    }
    if (rest == "progress/loss") {  // the first of its event
      while (!run.points.empty() && run.points.back().step >= metrics.step()) run.points.pop_back();
      run.points.push_back({metrics.step(), metrics.epoch(), 0, 0});
    }
    if (run.points.empty()) continue;
    if (rest == "progress/accuracy") run.points.back().error = 1 - value.value();
    if (rest == "progress/samples_per_second") run.points.back().samples_per_second = value.value();
  }
}

const TrainingCurves::Run& TrainingCurves::Of(int run) const {
  static const Run kEmpty;
  const auto found = runs_.find(run);
  return found == runs_.end() ? kEmpty : found->second;
}

std::vector<SmoothedPoint> Smooth(const TrainingCurves::Run& run, double train_samples) {
  // Of each point: where its steps begin and end.
  struct Span {
    SmoothedPoint begin, end;
  };
  std::vector<Span> spans;
  std::vector<SmoothedPoint> smoothed;
  for (const TrainingCurves::Point& point : run.points) {
    Span span;
    if (!spans.empty()) span.begin = spans.back().end;
    span.end = {static_cast<double>(point.step), point.epoch * train_samples, span.begin.seconds,
                point.error};
    const double own = span.end.samples - span.begin.samples;
    if (point.samples_per_second > 0) span.end.seconds += own / point.samples_per_second;
    spans.push_back(span);
    size_t first = spans.size() - 1;
    while (first > 0 && span.end.samples - spans[first - 1].begin.samples <= kSmoothedSamples)
      --first;
    double wrong = 0;
    for (size_t i = first; i < spans.size(); ++i)
      wrong += (spans[i].end.samples - spans[i].begin.samples) * spans[i].end.error;
    const SmoothedPoint& begin = spans[first].begin;
    const double samples = span.end.samples - begin.samples;
    if (!(samples > 0)) continue;
    smoothed.push_back({0.5 * (begin.step + span.end.step),
                        0.5 * (begin.samples + span.end.samples),
                        0.5 * (begin.seconds + span.end.seconds), wrong / samples});
  }
  return smoothed;
}

void FillActivationPoint(const v1::StudySpecification& study, const v1::Job& job,
                         const TrainingCurves& curves, v1::StudyPoint& point) {
  if (job.state() != v1::SUCCEEDED) return;
  Filler(study, job, curves).Fill(point);
}

}  // namespace trainyard
