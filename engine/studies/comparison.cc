#include "engine/studies/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int kLeastRuns = 3;
constexpr size_t kMostExact = 50;
constexpr double kConfidence = 0.95;

std::map<uint64_t, double> BySeed(const std::vector<SeedValue>& values) {
  std::map<uint64_t, std::pair<double, int>> sums;
  for (const SeedValue& value : values) {
    if (!std::isfinite(value.value)) continue;
    sums[value.seed].first += value.value;
    ++sums[value.seed].second;
  }
  std::map<uint64_t, double> means;
  for (const auto& [seed, sum] : sums) means[seed] = sum.first / sum.second;
  return means;
}

GroupSummary SummarizeGroup(const std::vector<SeedValue>& values,
                            const std::map<uint64_t, double>& means) {
  std::vector<double> finite;
  for (const auto& [seed, mean] : means) finite.push_back(mean);
  GroupSummary summary = Summarize(finite);
  summary.failed =
      static_cast<int>(std::count_if(values.begin(), values.end(), [](const SeedValue& value) {
        return !std::isfinite(value.value);
      }));
  return summary;
}

// Difference with its standard error: fills interval, p-value and effect size.
void Judge(double mean, double standard_error, double freedom, double deviation, double size_error,
           Comparison& result) {
  const double reach = StudentQuantile(0.5 + 0.5 * kConfidence, freedom);
  result.difference = {mean, {mean - reach * standard_error, mean + reach * standard_error}};
  if (standard_error > 0) {
    result.t_test = 2 * StudentCdf(-std::abs(mean / standard_error), freedom);
  } else {
    result.t_test = mean == 0 ? 1 : 0;
  }
  // Hedges 1981.
  const double correction = 1 - 3 / (4 * freedom - 1);
  const double size = deviation > 0 ? mean / deviation * correction
                      : mean == 0   ? 0
                                    : std::copysign(kInfinity, mean);
  const double spread =
      std::isfinite(size) ? reach * std::sqrt(size_error + size * size / (2 * freedom)) : 0;
  result.effect_size = {size, {size - spread, size + spread}};
}

void ComparePairs(const std::vector<double>& differences, Comparison& result) {
  const GroupSummary summary = Summarize(differences);
  const double count = summary.count;
  result.paired = true;
  result.pairs = summary.count;
  Judge(summary.mean.value, summary.deviation / std::sqrt(count), count - 1, summary.deviation,
        1 / count, result);
  result.wilcoxon = SignedRankTest(differences);
}

// Welch's test.
void CompareGroups(Comparison& result) {
  const double a = result.a.deviation * result.a.deviation / result.a.count;
  const double b = result.b.deviation * result.b.deviation / result.b.count;
  const double least = std::min(result.a.count, result.b.count) - 1;
  const double freedom =
      a + b > 0 ? (a + b) * (a + b) / (a * a / (result.a.count - 1) + b * b / (result.b.count - 1))
                : least;
  const double pooled = std::sqrt(
      0.5 * (result.a.deviation * result.a.deviation + result.b.deviation * result.b.deviation));
  Judge(result.a.mean.value - result.b.mean.value, std::sqrt(a + b), freedom, pooled,
        1.0 / result.a.count + 1.0 / result.b.count, result);
}

}  // namespace

GroupSummary Summarize(const std::vector<double>& values) {
  GroupSummary summary;
  summary.count = static_cast<int>(values.size());
  summary.mean.interval = {-kInfinity, kInfinity};
  if (values.empty()) {
    summary.mean.value = std::numeric_limits<double>::quiet_NaN();
    return summary;
  }
  double& mean = summary.mean.value;
  for (double value : values) mean += value / static_cast<double>(values.size());
  if (values.size() < 2) return summary;
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  const double freedom = summary.count - 1;
  summary.deviation = std::sqrt(squares / freedom);
  const double reach = StudentQuantile(0.5 + 0.5 * kConfidence, freedom) * summary.deviation /
                       std::sqrt(static_cast<double>(summary.count));
  summary.mean.interval = {mean - reach, mean + reach};
  return summary;
}

double SignedRankTest(const std::vector<double>& differences) {
  std::vector<std::pair<double, bool>> ordered;  // size, positive
  for (double difference : differences) {
    if (difference != 0 && std::isfinite(difference)) {
      ordered.push_back({std::abs(difference), difference > 0});
    }
  }
  if (ordered.empty()) return 1;
  std::sort(ordered.begin(), ordered.end());
  // Twice the ranks, so that shared ones are whole.
  std::vector<size_t> ranks(ordered.size());
  size_t total = 0, positive = 0;
  double squares = 0;
  for (size_t start = 0; start < ordered.size();) {
    size_t end = start;
    while (end < ordered.size() && ordered[end].first == ordered[start].first) ++end;
    for (size_t i = start; i < end; ++i) {
      ranks[i] = start + 1 + end;
      total += ranks[i];
      squares += static_cast<double>(ranks[i]) * static_cast<double>(ranks[i]);
      if (ordered[i].second) positive += ranks[i];
    }
    start = end;
  }
  const size_t smaller = std::min(positive, total - positive);
  if (ordered.size() > kMostExact) {
    const double deviation = 0.5 * std::sqrt(squares);
    const double distance = 0.5 * static_cast<double>(total) - static_cast<double>(smaller);
    return std::min(1.0, 2 * NormalCdf(-distance / deviation));
  }
  // How many of the 2^n sign patterns have each sum, as probabilities.
  std::vector<double> chance(total + 1, 0);
  chance[0] = 1;
  size_t reach = 0;
  for (size_t rank : ranks) {
    for (size_t sum = reach + 1; sum-- > 0;) {
      chance[sum] *= 0.5;
      chance[sum + rank] += chance[sum];
    }
    reach += rank;
  }
  double tail = 0;
  for (size_t sum = 0; sum <= smaller; ++sum) tail += chance[sum];
  return std::min(1.0, 2 * tail);
}

Comparison Compare(const std::string& name_a, const std::vector<SeedValue>& a,
                   const std::string& name_b, const std::vector<SeedValue>& b) {
  const auto by_seed_a = BySeed(a);
  const auto by_seed_b = BySeed(b);
  Comparison result;
  result.a = SummarizeGroup(a, by_seed_a);
  result.b = SummarizeGroup(b, by_seed_b);
  std::vector<double> differences;
  for (const auto& [seed, value] : by_seed_a) {
    if (const auto other = by_seed_b.find(seed); other != by_seed_b.end()) {
      differences.push_back(value - other->second);
    }
  }
  Finding& finding = result.finding;
  result.difference = {result.a.mean.value - result.b.mean.value, {-kInfinity, kInfinity}};
  if (static_cast<int>(differences.size()) >= kLeastRuns) {
    ComparePairs(differences, result);
  } else if (std::min(result.a.count, result.b.count) >= kLeastRuns) {
    CompareGroups(result);
  } else {
    finding.sentence = absl::StrCat("insufficient data: ", result.a.count, " runs of ", name_a,
                                    " and ", result.b.count, " of ", name_b,
                                    " ended well; it takes ", kLeastRuns, " of each");
    return result;
  }
  const Interval& interval = result.difference.interval;
  finding.verdict = interval.high < 0  ? Verdict::kHolds
                    : interval.low > 0 ? Verdict::kDoesNotHold
                                       : Verdict::kUndecided;
  const char* const words = interval.high < 0  ? " is lower than "
                            : interval.low > 0 ? " is higher than "
                                               : " is not told apart from ";
  finding.sentence = absl::StrCat(
      name_a, words, name_b, ": ", Readable(result.a.mean.value), " against ",
      Readable(result.b.mean.value), ", difference ", Readable(result.difference.value), " (",
      Readable(interval), ") over ",
      result.paired ? absl::StrCat(result.pairs, " paired seeds")
                    : absl::StrCat(result.a.count, " and ", result.b.count, " unpaired runs"));
  if (result.a.failed + result.b.failed > 0) {
    absl::StrAppend(&finding.sentence, "; ", result.a.failed, " runs of ", name_a, " and ",
                    result.b.failed, " of ", name_b, " failed and are left out");
  }
  AddEstimate("difference", result.difference, finding);
  AddEstimate("effect_size", result.effect_size, finding);
  finding.numbers.push_back({"t_test", result.t_test});
  finding.numbers.push_back({"wilcoxon", result.wilcoxon});
  return result;
}

}  // namespace trainyard::studies
