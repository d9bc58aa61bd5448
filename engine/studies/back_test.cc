#include "engine/studies/back_test.h"

#include <algorithm>
#include <cmath>

#include "engine/studies/curve_fit.h"

namespace trainyard::studies {
namespace {

// Hidden at once: the largest size, then the largest two.
constexpr size_t kMostHidden = 2;
// What a fit is left with.
constexpr size_t kLeastSizes = 4;
// The power law has the constant as its limit, and an asymptote, and is the usual one.
constexpr double kPowerPrior = 0.5, kOtherPrior = 0.25;
// Confidence of plus and minus one standard error.
constexpr double kOneSigma = 0.6827;

struct Errors {
  double squares = 0;
  double noise = 0;  // relative variance of what was hidden and of its prediction, summed
  int count = 0;
};

Errors Predict(const LearningCurve& curve, LawKind kind) {
  Errors errors;
  const Noise noise = EstimateNoise(curve);
  for (size_t hidden = 1; hidden <= kMostHidden; ++hidden) {
    if (curve.points.size() < kLeastSizes + hidden) break;
    const size_t kept = curve.points.size() - hidden;
    const CurveFit fit = FitCurve(curve.UpTo(curve.points[kept - 1].size), kind);
    for (size_t i = kept; i < curve.points.size(); ++i) {
      const double actual = std::max(curve.points[i].mean, noise.least_level);
      const double predicted = std::max(fit.law.law().At(curve.points[i].size), noise.least_level);
      errors.squares += std::pow(std::log(predicted / actual), 2);
      const auto at = static_cast<Eigen::Index>(i);
      const Interval one_sigma = fit.MeanAt(curve.points[i].size, kOneSigma).interval;
      const double doubt = 0.5 * (one_sigma.high - one_sigma.low);
      errors.noise += (noise.mean_covariance(at, at) + doubt * doubt) / (actual * actual);
      ++errors.count;
    }
  }
  return errors;
}

}  // namespace

double LawChoice::Weight(LawKind kind) const {
  for (const LawScore& score : scores) {
    if (score.kind == kind) return score.weight;
  }
  return 0;
}

LawChoice ChooseLaw(const LearningCurve& measured) {
  const LearningCurve curve = Winsorized(measured);
  LawChoice choice;
  // Of the power law's predictions: those of a law that does not fit have doubt without end, which
  // excuses nothing.
  double noise = 0;
  for (LawKind kind : {LawKind::kConstant, LawKind::kLogarithmic, LawKind::kPower}) {
    const Errors errors = Predict(curve, kind);
    const double count = std::max(1, errors.count);
    if (kind == LawKind::kPower) noise = errors.noise / count;
    choice.scores.push_back({kind, std::sqrt(errors.squares / count), 0});
  }
  double least = INFINITY, total = 0;
  for (const LawScore& score : choice.scores) least = std::min(least, score.log_error);
  for (LawScore& score : choice.scores) {
    const double excess = score.log_error * score.log_error - least * least;
    score.weight = score.kind == LawKind::kPower ? kPowerPrior : kOtherPrior;
    if (excess > 0) score.weight *= std::exp(-0.5 * excess / noise);
    total += score.weight;
  }
  double most = 0;
  for (LawScore& score : choice.scores) {
    score.weight /= total;
    if (score.weight <= most) continue;
    most = score.weight;
    choice.kind = score.kind;
  }
  return choice;
}

}  // namespace trainyard::studies
