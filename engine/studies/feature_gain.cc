#include "engine/studies/feature_gain.h"

#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/studies/comparison.h"

namespace trainyard::studies {
namespace {

constexpr size_t kLeastSeeds = 3;
constexpr size_t kLeastSizes = 3;

// log(without / with) of one seed.
struct LogRatio {
  double log10_size = 0;
  double value = 0;
};

std::map<uint64_t, double> ErrorsBySeed(const CurvePoint& point) {
  std::map<uint64_t, double> errors;
  for (size_t i = 0; i < point.unit_seeds.size(); ++i)
    errors[point.unit_seeds[i]] = point.unit_means[i];
  return errors;
}

// By seed, ascending sizes.
std::map<uint64_t, std::vector<LogRatio>> PairUp(const LearningCurve& without,
                                                 const LearningCurve& with) {
  std::map<uint64_t, std::vector<LogRatio>> pairs;
  for (const CurvePoint& point : without.points) {
    const CurvePoint* const other = with.At(point.size);
    if (other == nullptr) continue;
    const std::map<uint64_t, double> errors = ErrorsBySeed(*other);
    for (const auto& [seed, error] : ErrorsBySeed(point)) {
      const auto found = errors.find(seed);
      if (found == errors.end() || !(error > 0) || !(found->second > 0)) continue;
      pairs[seed].push_back({std::log10(point.size), std::log(error / found->second)});
    }
  }
  return pairs;
}

// Least squares; absent for fewer than kLeastSizes sizes.
void AddSlope(const std::vector<LogRatio>& ratios, std::vector<double>& slopes) {
  if (ratios.size() < kLeastSizes) return;
  const double count = static_cast<double>(ratios.size());
  double mean_x = 0, mean_y = 0, xx = 0, xy = 0;
  for (const LogRatio& ratio : ratios) {
    mean_x += ratio.log10_size / count;
    mean_y += ratio.value / count;
  }
  for (const LogRatio& ratio : ratios) {
    xx += (ratio.log10_size - mean_x) * (ratio.log10_size - mean_x);
    xy += (ratio.log10_size - mean_x) * (ratio.value - mean_y);
  }
  slopes.push_back(xy / xx);
}

Estimate Removed(const Estimate& log_ratio) {
  const auto share = [](double value) { return 1 - std::exp(-value); };
  return {share(log_ratio.value), {share(log_ratio.interval.low), share(log_ratio.interval.high)}};
}

std::string Tell(const FeatureGainAtSize& at) {
  return absl::StrCat(ReadableShare(at.removed.value), " (", ReadableShare(at.removed.interval.low),
                      " to ", ReadableShare(at.removed.interval.high), ") of the errors at ",
                      Readable(at.size), " samples");
}

Verdict Judge(const FeatureGain& gain) {
  bool ever_helped = false;
  for (const FeatureGainAtSize& at : gain.sizes) ever_helped |= at.removed.interval.low > 0;
  if (!ever_helped && gain.sizes.front().removed.interval.high < 0) return Verdict::kDoesNotHold;
  if (gain.slope.interval.low > 0) return Verdict::kDoesNotHold;
  return gain.slope.interval.high < 0 && ever_helped ? Verdict::kHolds : Verdict::kUndecided;
}

}  // namespace

FeatureGain MeasureFeatureGain(const LearningCurve& without, const LearningCurve& with) {
  FeatureGain gain;
  const std::map<uint64_t, std::vector<LogRatio>> pairs = PairUp(without, with);
  std::map<double, std::vector<double>> by_size;
  std::vector<double> slopes;
  for (const auto& [seed, ratios] : pairs) {
    for (const LogRatio& ratio : ratios) by_size[ratio.log10_size].push_back(ratio.value);
    AddSlope(ratios, slopes);
  }
  for (const CurvePoint& point : without.points) {
    const auto found = by_size.find(std::log10(point.size));
    if (found == by_size.end()) continue;
    gain.sizes.push_back({point.size, static_cast<int>(found->second.size()),
                          Removed(Summarize(found->second).mean)});
  }
  if (slopes.size() < kLeastSeeds) {
    gain.finding.sentence =
        absl::StrCat("insufficient data: ", slopes.size(), " seeds have both at ", kLeastSizes,
                     " sizes or more, and ", kLeastSeeds, " are needed");
    return gain;
  }
  gain.slope = Summarize(slopes).mean;
  gain.finding.verdict = Judge(gain);
  gain.finding.sentence = absl::StrCat(
      "features remove ", Tell(gain.sizes.front()), " and ", Tell(gain.sizes.back()),
      "; ten times the data multiplies the errors' ratio by ", Readable(std::exp(gain.slope.value)),
      " (", Readable(std::exp(gain.slope.interval.low)), " to ",
      Readable(std::exp(gain.slope.interval.high)), ")");
  AddEstimate("log_ratio_per_decade", gain.slope, gain.finding);
  return gain;
}

}  // namespace trainyard::studies
