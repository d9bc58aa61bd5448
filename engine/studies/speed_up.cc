#include "engine/studies/speed_up.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "absl/strings/str_cat.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kLeastPairs = 3;
// That all of so many pairs fall on one side of the median by chance: 1 in 32 at five.
constexpr int kLeastOneSided = 5;
constexpr double kConfidence = 0.95;
// A likelihood of censored values has no inner maximum without a least spread.
constexpr double kLeastDeviation = 0.02;

enum class Bound { kExact, kAtLeast, kAtMost };

struct LogRatio {
  double value = 0;
  Bound bound = Bound::kExact;
};

double LogTail(double z) {  // log P(Z > z), also where P is 0 in doubles
  return z < 30 ? std::log(NormalCdf(-z)) : -0.5 * z * z - std::log(z * 2.5066282746310002);
}

double LogLikelihood(const std::vector<LogRatio>& ratios, double mean, double deviation) {
  double sum = 0;
  for (const LogRatio& ratio : ratios) {
    const double z = (ratio.value - mean) / deviation;
    sum += ratio.bound == Bound::kExact     ? -std::log(deviation) - 0.5 * z * z
           : ratio.bound == Bound::kAtLeast ? LogTail(z)
                                            : LogTail(-z);
  }
  return sum;
}

// Over the deviation: a grid, then thirds around its best.
double Profile(const std::vector<LogRatio>& ratios, double mean, double most_deviation) {
  constexpr int kSteps = 40;
  const double ratio = std::pow(most_deviation / kLeastDeviation, 1.0 / kSteps);
  double best = -kInfinity, at = kLeastDeviation;
  for (int i = 0; i <= kSteps; ++i) {
    const double deviation = kLeastDeviation * std::pow(ratio, i);
    const double likelihood = LogLikelihood(ratios, mean, deviation);
    if (likelihood > best) {
      best = likelihood;
      at = deviation;
    }
  }
  double low = std::max(kLeastDeviation, at / ratio), high = at * ratio;
  for (int i = 0; i < 40; ++i) {
    const double a = low + (high - low) / 3, b = high - (high - low) / 3;
    (LogLikelihood(ratios, mean, a) < LogLikelihood(ratios, mean, b) ? low : high) =
        LogLikelihood(ratios, mean, a) < LogLikelihood(ratios, mean, b) ? a : b;
  }
  return std::max(best, LogLikelihood(ratios, mean, 0.5 * (low + high)));
}

Estimate Exact(const std::vector<LogRatio>& ratios) {
  double mean = 0, squares = 0;
  const auto count = static_cast<double>(ratios.size());
  for (const LogRatio& ratio : ratios) mean += ratio.value / count;
  for (const LogRatio& ratio : ratios) squares += (ratio.value - mean) * (ratio.value - mean);
  const double reach = StudentQuantile(0.5 + 0.5 * kConfidence, count - 1) *
                       std::sqrt(squares / (count - 1) / count);
  return {mean, {mean - reach, mean + reach}};
}

Estimate Censored(const std::vector<LogRatio>& ratios) {
  double least = kInfinity, most = -kInfinity;
  for (const LogRatio& ratio : ratios) {
    least = std::min(least, ratio.value);
    most = std::max(most, ratio.value);
  }
  const double spread = std::max(most - least, 0.1);
  const double most_deviation = 10 * spread;
  const auto profile = [&](double mean) { return Profile(ratios, mean, most_deviation); };
  constexpr int kSteps = 120;
  constexpr double kRoom = 20;  // spreads on each side; what reaches them is open
  const double low = least - kRoom * spread, high = most + kRoom * spread;
  double best = -kInfinity, at = low;
  for (int i = 0; i <= kSteps; ++i) {
    const double mean = low + (high - low) * i / kSteps;
    if (const double value = profile(mean); value > best) {
      best = value;
      at = mean;
    }
  }
  double left = at - (high - low) / kSteps, right = at + (high - low) / kSteps;
  for (int i = 0; i < 40; ++i) {
    const double a = left + (right - left) / 3, b = right - (right - left) / 3;
    if (profile(a) < profile(b)) {
      left = a;
    } else {
      right = b;
    }
  }
  at = 0.5 * (left + right);
  best = std::max(best, profile(at));
  const double count = static_cast<double>(ratios.size());
  const double t = StudentQuantile(0.5 + 0.5 * kConfidence, count - 1);
  // What the likelihood falls by at the ends of Student's interval.
  const double drop = 0.5 * count * std::log1p(t * t / (count - 1));
  const auto end = [&](double inside, double outside, double open) {
    if (profile(outside) > best - drop) return open;
    for (int i = 0; i < 50; ++i) {
      const double middle = 0.5 * (inside + outside);
      (profile(middle) > best - drop ? inside : outside) = middle;
    }
    return 0.5 * (inside + outside);
  };
  return {at, {end(at, low, -kInfinity), end(at, high, kInfinity)}};
}

// Where too few ratios are exact for a spread: bounds that all lie on one side bound the median.
Estimate OneSided(const std::vector<LogRatio>& ratios) {
  double least = kInfinity, most = -kInfinity;
  bool at_least = false, at_most = false;
  for (const LogRatio& ratio : ratios) {
    least = std::min(least, ratio.value);
    most = std::max(most, ratio.value);
    at_least |= ratio.bound == Bound::kAtLeast;
    at_most |= ratio.bound == Bound::kAtMost;
  }
  const bool enough = static_cast<int>(ratios.size()) >= kLeastOneSided;
  Estimate estimate{at_least == at_most ? 0.5 * (least + most)
                    : at_least          ? kInfinity
                                        : -kInfinity,
                    {-kInfinity, kInfinity}};
  if (enough && !at_most) estimate.interval.low = least;
  if (enough && !at_least) estimate.interval.high = most;
  return estimate;
}

Estimate EstimateLogRatio(const std::vector<LogRatio>& ratios) {
  const auto exact = std::count_if(ratios.begin(), ratios.end(), [](const LogRatio& ratio) {
    return ratio.bound == Bound::kExact;
  });
  if (exact == static_cast<ptrdiff_t>(ratios.size())) return Exact(ratios);
  return exact >= 2 ? Censored(ratios) : OneSided(ratios);
}

std::string Describe(const SpeedUp& result, const std::string& baseline,
                     const std::string& treatment) {
  std::string sentence = absl::StrCat(
      treatment, " reaches the threshold ", Readable(result.ratio.value), " times as fast as ",
      baseline, " (", Readable(result.ratio.interval), ") over ", result.pairs, " paired seeds");
  // Of one side nobody reached it: the other is faster, by a factor that has one end or none.
  const bool at_least = std::isinf(result.ratio.value);
  if (at_least || result.ratio.value == 0) {
    const double bound = at_least ? result.ratio.interval.low : result.ratio.interval.high;
    const bool known = bound > 0 && std::isfinite(bound);
    sentence = absl::StrCat(at_least ? treatment : baseline, " reaches the threshold and ",
                            at_least ? baseline : treatment, " does not: ",
                            known ? absl::StrCat(at_least ? "at least " : "at most ",
                                                 Readable(bound), " times as fast, over ")
                                  : absl::StrCat("a bound takes ", kLeastOneSided, ", there are "),
                            result.pairs, " paired seeds");
  }
  if (result.only_treatment > 0) {
    absl::StrAppend(&sentence, "; ", baseline, " did not reach it in ", result.only_treatment);
  }
  if (result.only_baseline > 0) {
    absl::StrAppend(&sentence, "; ", treatment, " did not reach it in ", result.only_baseline);
  }
  if (result.neither > 0) absl::StrAppend(&sentence, "; neither did in ", result.neither);
  return sentence;
}

}  // namespace

CostToThreshold FirstReach(uint64_t seed, const std::vector<double>& steps,
                           const std::vector<double>& values, double threshold) {
  const size_t count = std::min(steps.size(), values.size());
  for (size_t i = 0; i < count; ++i) {
    if (values[i] <= threshold) return {seed, steps[i], true};
  }
  return {seed, count > 0 ? steps[count - 1] : 0, false};
}

SpeedUp CompareCosts(const std::string& baseline_name, const std::vector<CostToThreshold>& baseline,
                     const std::string& treatment_name,
                     const std::vector<CostToThreshold>& treatment) {
  SpeedUp result;
  std::map<uint64_t, CostToThreshold> by_seed;
  for (const CostToThreshold& cost : baseline) by_seed[cost.seed] = cost;
  std::map<uint64_t, CostToThreshold> treated;
  for (const CostToThreshold& cost : treatment) treated[cost.seed] = cost;
  std::vector<LogRatio> ratios;
  for (const auto& [seed, own] : treated) {
    const auto match = by_seed.find(seed);
    if (match == by_seed.end()) continue;
    const CostToThreshold& other = match->second;
    const double ratio = other.cost / own.cost;
    if (!(own.cost > 0) || !(ratio > 0) || std::isinf(ratio)) continue;
    ++result.pairs;
    if (!own.reached && !other.reached) {
      ++result.neither;
      continue;
    }
    result.only_treatment += !other.reached;
    result.only_baseline += !own.reached;
    ratios.push_back({std::log(ratio), own.reached && other.reached ? Bound::kExact
                                       : own.reached                ? Bound::kAtLeast
                                                                    : Bound::kAtMost});
  }
  Finding& finding = result.finding;
  if (static_cast<int>(ratios.size()) < kLeastPairs) {
    finding.sentence = absl::StrCat("insufficient data: ", ratios.size(),
                                    " paired seeds of which one reached the ",
                                    "threshold; it takes ", kLeastPairs);
    if (result.neither > 0)
      absl::StrAppend(&finding.sentence, " (neither did in ", result.neither, ")");
    return result;
  }
  const Estimate log_ratio = EstimateLogRatio(ratios);
  result.ratio = {std::exp(log_ratio.value),
                  {std::exp(log_ratio.interval.low), std::exp(log_ratio.interval.high)}};
  finding.verdict = result.ratio.interval.low > 1    ? Verdict::kHolds
                    : result.ratio.interval.high < 1 ? Verdict::kDoesNotHold
                                                     : Verdict::kUndecided;
  finding.sentence = Describe(result, baseline_name, treatment_name);
  AddEstimate("speed_up", result.ratio, finding);
  finding.numbers.push_back({"only_treatment", static_cast<double>(result.only_treatment)});
  finding.numbers.push_back({"only_baseline", static_cast<double>(result.only_baseline)});
  finding.numbers.push_back({"neither", static_cast<double>(result.neither)});
  return result;
}

}  // namespace trainyard::studies
