#include "server/sweeps/sweep_trials.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <google/protobuf/util/time_util.h>

#include "absl/strings/str_cat.h"
#include "engine/studies/comparison.h"
#include "engine/studies/distributions.h"
#include "server/sweeps/objective.h"
#include "server/sweeps/sweep_plan.h"

namespace trainyard {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double ValueOf(const google::protobuf::RepeatedPtrField<v1::MetricValue>& results,
               const std::string& series) {
  for (const v1::MetricValue& value : results) {
    if (value.series() == series) return value.value();
  }
  return kNone;
}

// Of a series by seed; those that have no value yet are left out, those that failed are NaN.
struct SeedValue {
  uint64_t seed = 0;
  double value = kNone;
};
std::vector<SeedValue> SeedValues(const v1::SweepSpecification& sweep, const v1::Job& job,
                                  const std::string& series) {
  std::vector<SeedValue> values;
  if (sweep.seeds() == 1) {
    const double value = ValueOf(job.results(), series);
    if (!std::isnan(value) || job.state() == v1::SUCCEEDED)
      values.push_back({SeedOfRun(sweep, 0), value});
    return values;
  }
  for (const v1::RunResult& run : job.runs()) {
    const bool good = run.state() == v1::SUCCEEDED;
    values.push_back({SeedOfRun(sweep, run.run()), good ? ValueOf(run.results(), series) : kNone});
  }
  return values;
}

// Mean with its interval over what is finite; the number of those.
uint32_t Summarise(const std::vector<SeedValue>& seeds, v1::IntervalEstimate& out) {
  std::vector<double> finite;
  for (const SeedValue& seed : seeds) {
    if (std::isfinite(seed.value)) finite.push_back(seed.value);
  }
  const studies::Estimate mean = studies::Summarize(finite).mean;
  out.set_value(mean.value);
  out.set_low(mean.interval.low);
  out.set_high(mean.interval.high);
  return static_cast<uint32_t>(finite.size());
}

const v1::SweepDecision* StopOf(const v1::Sweep& sweep, uint32_t trial) {
  for (const v1::SweepDecision& decision : sweep.decisions()) {
    if (decision.trial() == trial && !decision.goes_on()) return &decision;
  }
  return nullptr;
}

void FillCost(const v1::Job& job, double now_seconds, v1::SweepTrial& trial) {
  using google::protobuf::util::TimeUtil;
  uint64_t steps = 0;
  for (const v1::RunResult& run : job.runs()) steps += run.steps();
  trial.set_steps(std::max(steps, job.progress().step()));
  trial.set_epochs(job.progress().epoch());
  trial.set_flops(static_cast<double>(trial.steps()) *
                  static_cast<double>(job.model().flops_per_step()));
  if (!job.has_start_time()) return;
  constexpr double kSecondsPerNanosecond = 1e-9;
  const auto seconds = [](const google::protobuf::Timestamp& time) {
    return static_cast<double>(TimeUtil::TimestampToNanoseconds(time)) * kSecondsPerNanosecond;
  };
  const double end = job.has_end_time() ? seconds(job.end_time()) : now_seconds;
  trial.set_core_seconds(std::max(0.0, end - seconds(job.start_time())) *
                         std::max(1u, job.specification().resources().cores()));
}

// Average ranks of equal values, from 1.
std::vector<double> RanksOf(const std::vector<double>& values) {
  std::vector<size_t> order(values.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return values[a] < values[b]; });
  std::vector<double> ranks(values.size());
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (size_t i = begin; i < end; ++i)
      ranks[order[i]] = 0.5 * static_cast<double>(begin + 1 + end);
    begin = end;
  }
  return ranks;
}

// Between parameter and objective, one value a trial.
struct Sample {
  google::protobuf::Value parameter;
  double objective = kNone;
};

double MeanOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

void Correlate(const std::vector<Sample>& samples, const std::vector<double>& ranks,
               v1::SweepImportance& out) {
  std::vector<double> numbers;
  for (const Sample& sample : samples) numbers.push_back(sample.parameter.number_value());
  const std::vector<double> own = RanksOf(numbers);
  const double own_mean = MeanOf(own);
  const double mean = MeanOf(ranks);
  double both = 0, first = 0, second = 0;
  for (size_t i = 0; i < own.size(); ++i) {
    both += (own[i] - own_mean) * (ranks[i] - mean);
    first += (own[i] - own_mean) * (own[i] - own_mean);
    second += (ranks[i] - mean) * (ranks[i] - mean);
  }
  const double rho = first > 0 && second > 0 ? both / std::sqrt(first * second) : 0;
  const double freedom = static_cast<double>(samples.size()) - 2;
  out.set_effect(rho);
  out.set_is_correlation(true);
  const double rest = 1 - rho * rho;
  out.set_p_value(
      rest > 0 ? 2 * studies::StudentCdf(-std::abs(rho) * std::sqrt(freedom / rest), freedom) : 0);
}

// Share of the variance of ranks that lies between the words.
void Divide(const std::vector<Sample>& samples, const std::vector<double>& ranks,
            v1::SweepImportance& out) {
  std::map<std::string, std::vector<double>> groups;
  for (size_t i = 0; i < samples.size(); ++i)
    groups[samples[i].parameter.SerializeAsString()].push_back(ranks[i]);
  const double mean = MeanOf(ranks);
  double between = 0, total = 0;
  for (const auto& [word, of_word] : groups) {
    const double distance = MeanOf(of_word) - mean;
    between += static_cast<double>(of_word.size()) * distance * distance;
    for (const double rank : of_word) total += (rank - mean) * (rank - mean);
  }
  const double numerator = static_cast<double>(groups.size()) - 1;
  const double denominator = static_cast<double>(samples.size() - groups.size());
  out.set_effect(total > 0 ? between / total : 0);
  const double within = total - between;
  if (denominator < 1 || total <= 0) return out.set_p_value(1);
  out.set_p_value(within > 0 ? studies::FisherTail((between / numerator) / (within / denominator),
                                                   numerator, denominator)
                             : 0);
}

// Objective of each trial at equal budgets.
std::map<uint32_t, double> ComparableValues(const v1::Sweep& sweep) {
  std::map<uint32_t, double> values;
  if (sweep.specification().method() == v1::METHOD_ASHA) {
    for (const v1::SweepDecision& decision : sweep.decisions()) {
      if (decision.rung() == 0) values[decision.trial()] = decision.value();
    }
  } else {
    for (const v1::SweepTrial& trial : sweep.trials()) {
      if (IsComplete(sweep.specification(), trial))
        values[trial.trial()] = trial.objective().value();
    }
  }
  std::erase_if(values, [](const auto& entry) { return !std::isfinite(entry.second); });
  return values;
}

}  // namespace

void FillTrial(const v1::Sweep& sweep, const v1::Job& job, double now_seconds,
               v1::SweepTrial& trial) {
  trial.set_job(job.name());
  trial.set_state(job.state());
  trial.set_reason(job.reason());
  trial.set_message(job.message());
  trial.set_parameters(job.model().parameters());
  FillCost(job, now_seconds, trial);
  std::vector<SeedValue> seeds =
      SeedValues(sweep.specification(), job, sweep.specification().objective().series());
  if (const v1::SweepDecision* stop = StopOf(sweep, trial.trial()); stop != nullptr) {
    trial.set_stopped_early(true);
    if (sweep.specification().asha().least_steps() == 0)
      trial.set_epochs(static_cast<double>(stop->resource()));
    seeds = {{SeedOfRun(sweep.specification(), 0), stop->value()}};
  } else if (job.state() == v1::FAILED) {
    seeds.clear();
  }
  if (seeds.empty()) return;
  for (const SeedValue& seed : seeds) {
    v1::SweepTrial::Seed& out = *trial.add_seeds();
    out.set_seed(seed.seed);
    out.set_value(seed.value);
  }
  v1::IntervalEstimate mean;
  trial.set_n(Summarise(seeds, mean));
  if (trial.n() > 0) *trial.mutable_objective() = mean;
}

bool IsComplete(const v1::SweepSpecification& sweep, const v1::SweepTrial& trial) {
  return trial.state() == v1::SUCCEEDED && !trial.stopped_early() && trial.n() == sweep.seeds();
}

int BestTrial(const v1::Sweep& sweep) {
  int best = -1;
  for (int i = 0; i < sweep.trials_size(); ++i) {
    if (!IsComplete(sweep.specification(), sweep.trials(i))) continue;
    if (best < 0 ||
        IsBetter(sweep.specification().objective().goal(), sweep.trials(i).objective().value(),
                 sweep.trials(best).objective().value())) {
      best = i;
    }
  }
  return best;
}

v1::SweepBest BestOf(const v1::Sweep& sweep, int trial, const v1::Job& job) {
  v1::SweepBest best;
  best.set_trial(static_cast<uint32_t>(trial));
  best.set_job(job.name());
  const std::string& series = sweep.specification().objective().series();
  const std::string test = absl::StrCat("test", series.substr(series.find('/')));
  v1::IntervalEstimate mean;
  const uint32_t n = Summarise(SeedValues(sweep.specification(), job, test), mean);
  if (n == 0) return best;
  best.set_test_series(test);
  *best.mutable_test() = mean;
  best.set_n(n);
  return best;
}

void FillImportance(v1::Sweep& sweep) {
  constexpr size_t kLeastTrials = 5;
  sweep.clear_importance();
  const std::map<uint32_t, double> values = ComparableValues(sweep);
  if (values.size() < kLeastTrials) return;
  const double sign = sweep.specification().objective().goal() == v1::GOAL_MINIMISE ? -1 : 1;
  for (const v1::SweepParameter& parameter : sweep.specification().parameters()) {
    std::vector<Sample> samples;
    std::vector<double> objectives;
    bool numbers = true;
    bool varies = false;
    for (const auto& [trial, value] : values) {
      const auto& own = sweep.trials(static_cast<int>(trial)).values().at(parameter.path());
      numbers = numbers && own.has_number_value();
      varies = varies || (!samples.empty() &&
                          own.SerializeAsString() != samples[0].parameter.SerializeAsString());
      samples.push_back({own, value});
      objectives.push_back(sign * value);
    }
    if (!varies) continue;
    v1::SweepImportance& out = *sweep.add_importance();
    out.set_path(parameter.path());
    out.set_n(static_cast<uint32_t>(samples.size()));
    const std::vector<double> ranks = RanksOf(objectives);
    if (numbers) {
      Correlate(samples, ranks, out);
    } else {
      Divide(samples, ranks, out);
    }
  }
}

}  // namespace trainyard
