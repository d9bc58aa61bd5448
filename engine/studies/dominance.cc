#include "engine/studies/dominance.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/studies/distributions.h"
#include "engine/studies/noise.h"

namespace trainyard::studies {
namespace {

constexpr int kLeastPairs = 3;
constexpr double kConfidence = 0.95;

// One model at one size: errors by seed, and their variance, shrunk over the model's sizes.
struct Candidate {
  std::string name;
  std::map<uint64_t, double> errors;
  double variance = 0;
  double freedom = 1;

  // Over all seeds but one.
  std::optional<double> MeanWithout(uint64_t seed) const {
    double sum = 0;
    int count = 0;
    for (const auto& [other, error] : errors) {
      if (other == seed) continue;
      sum += error;
      ++count;
    }
    return count > 0 ? std::optional(sum / count) : std::nullopt;
  }
  double Mean() const {
    double sum = 0;
    for (const auto& [seed, error] : errors) sum += error / static_cast<double>(errors.size());
    return sum;
  }
};

std::map<double, std::vector<Candidate>> BySize(const std::vector<LearningCurve>& curves) {
  std::map<double, std::vector<Candidate>> candidates;
  for (const LearningCurve& curve : curves) {
    if (curve.points.empty()) continue;
    const Noise noise = EstimateNoise(curve);
    for (size_t i = 0; i < curve.points.size(); ++i) {
      const CurvePoint& point = curve.points[i];
      Candidate candidate{curve.name, {}, noise.unit_variances[i], noise.freedom};
      for (size_t j = 0; j < point.unit_means.size(); ++j) {
        candidate.errors[point.unit_seeds[j]] = point.unit_means[j];
      }
      candidates[point.size].push_back(std::move(candidate));
    }
  }
  return candidates;
}

const Candidate& Best(const std::vector<Candidate>& candidates) {
  return *std::min_element(
      candidates.begin(), candidates.end(),
      [](const Candidate& a, const Candidate& b) { return a.Mean() < b.Mean(); });
}

// The error, at this seed, of the candidate that is best by the others.
std::optional<double> ErrorOfBest(const std::vector<Candidate>& candidates, uint64_t seed) {
  std::optional<double> best, error;
  for (const Candidate& candidate : candidates) {
    const auto own = candidate.errors.find(seed);
    const std::optional<double> others = candidate.MeanWithout(seed);
    if (own == candidate.errors.end() || !others) continue;
    if (best && *best <= *others) continue;
    best = others;
    error = own->second;
  }
  return error;
}

std::optional<DominanceAtSize> Compare(double size, const std::vector<Candidate>& family,
                                       const std::vector<Candidate>& rivals) {
  std::set<uint64_t> seeds;
  for (const Candidate& candidate : family) {
    for (const auto& [seed, error] : candidate.errors) seeds.insert(seed);
  }
  DominanceAtSize result;
  result.size = size;
  double wins = 0, lead = 0;
  for (uint64_t seed : seeds) {
    const std::optional<double> own = ErrorOfBest(family, seed);
    const std::optional<double> other = ErrorOfBest(rivals, seed);
    if (!own || !other) continue;
    ++result.pairs;
    wins += *own < *other ? 1 : *own == *other ? 0.5 : 0;
    lead += *other - *own;
  }
  if (result.pairs < kLeastPairs) return std::nullopt;
  lead /= result.pairs;
  const double losses = result.pairs - wins;
  result.win_rate = {wins / result.pairs,
                     {wins == 0 ? 0 : BetaQuantile(0.025, wins + 0.5, losses + 0.5),
                      losses == 0 ? 1 : BetaQuantile(0.975, wins + 0.5, losses + 0.5)}};
  const Candidate& best = Best(family);
  const Candidate& rival = Best(rivals);
  result.best = best.name;
  result.best_rival = rival.name;
  // Phi(d), d the lead in standard deviations of a difference of runs; its standard error by the
  // delta method (Hedges 1981).
  const double deviation = std::sqrt(best.variance + rival.variance);
  const double freedom = best.freedom + rival.freedom;
  const double d = deviation > 0 ? lead / deviation : 0;
  const double reach = StudentQuantile(0.5 + 0.5 * kConfidence, freedom) *
                       std::sqrt(1.0 / result.pairs + d * d / (2 * freedom));
  result.probability = {NormalCdf(d), {NormalCdf(d - reach), NormalCdf(d + reach)}};
  return result;
}

}  // namespace

Dominance CompareFamilies(const std::string& family_name, const std::vector<LearningCurve>& family,
                          const std::string& rival_name, const std::vector<LearningCurve>& rivals) {
  Dominance result;
  const auto own = BySize(family);
  const auto other = BySize(rivals);
  for (const auto& [size, candidates] : own) {
    const auto match = other.find(size);
    if (match == other.end()) continue;
    if (auto compared = Compare(size, candidates, match->second)) {
      result.sizes.push_back(*std::move(compared));
    }
  }
  Finding& finding = result.finding;
  if (result.sizes.empty()) {
    finding.sentence = absl::StrCat("insufficient data: no size at which ", family_name, " and ",
                                    rival_name, " have ", kLeastPairs, " paired seeds");
    return result;
  }
  const DominanceAtSize& last = result.sizes.back();
  const Interval& interval = last.probability.interval;
  finding.verdict = interval.low > 0.5    ? Verdict::kHolds
                    : interval.high < 0.5 ? Verdict::kDoesNotHold
                                          : Verdict::kUndecided;
  finding.sentence =
      absl::StrCat("at size ", Readable(last.size), " a run of ", last.best, " beats one of ",
                   last.best_rival, " with probability ", Readable(last.probability.value), " (",
                   Readable(interval), "); it won ", Readable(last.win_rate.value * last.pairs),
                   " of ", last.pairs, " paired seeds");
  finding.numbers.push_back({"size", last.size});
  AddEstimate("probability", last.probability, finding);
  AddEstimate("win_rate", last.win_rate, finding);
  return result;
}

}  // namespace trainyard::studies
