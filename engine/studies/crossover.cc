#include "engine/studies/crossover.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/studies/curve_fit.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr int kGrid = 241;
constexpr double kConfidence = 0.95;

// A curve with its interval at each size of the grid.
using Band = std::vector<Estimate>;

Band LawBand(const LearningCurve& curve, const std::vector<double>& sizes) {
  const CurveFit fit = FitCurve(curve, LawKind::kPower);
  Band band;
  for (double size : sizes) {
    const double value = fit.law.law().At(size);
    band.push_back({value, {value, value}});
  }
  for (const Law& law : fit.law.Region(kConfidence)) {
    for (size_t i = 0; i < sizes.size(); ++i) {
      const double value = law.At(sizes[i]);
      band[i].interval.low = std::min(band[i].interval.low, value);
      band[i].interval.high = std::max(band[i].interval.high, value);
    }
  }
  return band;
}

// Means, linear in log size.
Band InterpolatedBand(const LearningCurve& measured, const std::vector<double>& sizes) {
  const LearningCurve curve = Winsorized(measured);
  const Noise noise = EstimateNoise(curve);
  const double reach = StudentQuantile(0.5 + 0.5 * kConfidence, noise.freedom);
  Band band;
  size_t right = 1;
  for (double size : sizes) {
    while (right + 1 < curve.points.size() && curve.points[right].size < size) ++right;
    const CurvePoint& a = curve.points[right - 1];
    const CurvePoint& b = curve.points[right];
    const double share = std::clamp(std::log(size / a.size) / std::log(b.size / a.size), 0.0, 1.0);
    const double value = (1 - share) * a.mean + share * b.mean;
    const auto at = static_cast<Eigen::Index>(right);
    const double deviation = (1 - share) * std::sqrt(noise.mean_covariance(at - 1, at - 1)) +
                             share * std::sqrt(noise.mean_covariance(at, at));
    band.push_back({value, {value - reach * deviation, value + reach * deviation}});
  }
  return band;
}

Band MakeBand(const LearningCurve& curve, const std::vector<double>& sizes, const Guards& guards) {
  LearningCurve part = UsablePart(curve, guards);
  part.test_samples = 0;
  if (CheckCurve(part, guards).verdict == Verdict::kIllBehaved) {
    return InterpolatedBand(part, sizes);
  }
  return LawBand(part, sizes);
}

// a - b, by the method of MOVER for independent intervals (Zou and Donner 2008).
Estimate Difference(const Estimate& a, const Estimate& b) {
  const double value = a.value - b.value;
  return {value,
          {value - std::hypot(a.value - a.interval.low, b.interval.high - b.value),
           value + std::hypot(a.interval.high - a.value, b.value - b.interval.low)}};
}

int SureSign(const Estimate& difference) {
  return difference.interval.low > 0 ? 1 : difference.interval.high < 0 ? -1 : 0;
}

std::vector<double> LogGrid(double low, double high) {
  std::vector<double> sizes;
  for (int i = 0; i < kGrid; ++i) {
    sizes.push_back(low * std::pow(high / low, static_cast<double>(i) / (kGrid - 1)));
  }
  return sizes;
}

// Every change of sign of the difference, with the stretch around it where it is not sure.
std::vector<Crossing> Crossings(const std::vector<double>& sizes,
                                const std::vector<Estimate>& differences, const std::string& a,
                                const std::string& b) {
  std::vector<Crossing> crossings;
  for (size_t i = 1; i < sizes.size(); ++i) {
    const double before = differences[i - 1].value, after = differences[i].value;
    if ((before < 0) == (after < 0)) continue;
    size_t first = i, last = i;  // the unsure stretch is [first, last)
    while (first > 0 && SureSign(differences[first - 1]) == 0) --first;
    while (last < sizes.size() && SureSign(differences[last]) == 0) ++last;
    Crossing crossing;
    const double share = before / (before - after);
    crossing.size.value = sizes[i - 1] * std::pow(sizes[i] / sizes[i - 1], share);
    crossing.open_below = first == 0;
    crossing.open_above = last == sizes.size();
    crossing.size.interval = {sizes[first == 0 ? 0 : first - 1],
                              sizes[std::min(last, sizes.size() - 1)]};
    crossing.confirmed = !crossing.open_below && !crossing.open_above &&
                         SureSign(differences[first - 1]) == -SureSign(differences[last]);
    crossing.better_below = before < 0 ? a : b;
    crossing.better_above = before < 0 ? b : a;
    crossings.push_back(std::move(crossing));
  }
  return crossings;
}

std::string Describe(const Crossing& crossing) {
  return absl::StrCat(crossing.better_below, " is better below and ", crossing.better_above,
                      " above ", Readable(crossing.size.value), " (",
                      crossing.open_below ? "below " : "", Readable(crossing.size.interval.low),
                      " to ", crossing.open_above ? "above " : "",
                      Readable(crossing.size.interval.high), ")");
}

void Judge(const std::vector<double>& sizes, const std::vector<Estimate>& differences,
           const std::string& a, const std::string& b, Crossover& result) {
  Finding& finding = result.finding;
  const auto confirmed = std::count_if(result.crossings.begin(), result.crossings.end(),
                                       [](const Crossing& crossing) { return crossing.confirmed; });
  std::string list;
  for (const Crossing& crossing : result.crossings) {
    absl::StrAppend(&list, list.empty() ? "" : "; ", Describe(crossing));
    AddEstimate("crossover", crossing.size, finding);
  }
  finding.numbers.push_back({"crossings", static_cast<double>(result.crossings.size())});
  const std::string range = absl::StrCat(Readable(sizes.front()), " to ", Readable(sizes.back()));
  const int sign = SureSign(differences.front());
  const bool same = std::all_of(differences.begin(), differences.end(),
                                [&](const Estimate& each) { return SureSign(each) == sign; });
  if (confirmed > 0) {
    finding.verdict = Verdict::kHolds;
    finding.sentence =
        absl::StrCat(result.crossings.size() > 1 ? "several crossovers: " : "", list);
  } else if (same && sign != 0) {
    finding.verdict = Verdict::kDoesNotHold;
    finding.sentence = absl::StrCat("no crossover in range: ", sign < 0 ? a : b,
                                    " is better at every size from ", range);
  } else {
    finding.verdict = Verdict::kUndecided;
    finding.sentence =
        absl::StrCat("undecided: from ", range, " the curves are not told apart well enough",
                     list.empty() ? "" : absl::StrCat("; perhaps ", list));
  }
}

}  // namespace

Crossover FindCrossover(const LearningCurve& a, const LearningCurve& b, const Guards& guards) {
  Crossover result;
  for (const LearningCurve* curve : {&a, &b}) {
    result.finding = CheckEnough(*curve, guards);
    if (result.finding.verdict == Verdict::kHolds) continue;
    result.finding.sentence = absl::StrCat(curve->name, ": ", result.finding.sentence);
    return result;
  }
  result.finding = Finding{};
  const LearningCurve part_a = UsablePart(a, guards), part_b = UsablePart(b, guards);
  const double low = std::max(part_a.points.front().size, part_b.points.front().size);
  const double high = std::min(part_a.points.back().size, part_b.points.back().size);
  if (low >= high) {
    result.finding.verdict = Verdict::kInsufficientData;
    result.finding.sentence = "insufficient data: the curves have no range of sizes in common";
    return result;
  }
  const std::vector<double> sizes = LogGrid(low, high);
  const Band band_a = MakeBand(a, sizes, guards), band_b = MakeBand(b, sizes, guards);
  std::vector<Estimate> differences;
  for (size_t i = 0; i < sizes.size(); ++i) {
    differences.push_back(Difference(band_a[i], band_b[i]));
  }
  result.crossings = Crossings(sizes, differences, a.name, b.name);
  Judge(sizes, differences, a.name, b.name, result);
  return result;
}

}  // namespace trainyard::studies
