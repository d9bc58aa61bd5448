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
// Excess over the best law, in variances of the hidden means; the power law is also excused by the
// doubt of its own predictions, as it is the one that an asymptote and a forecast are read from. (A
// law that does not fit has doubt without end: that excuses nothing.)
constexpr double kTolerance = 4;
// Confidence of plus and minus one standard error.
constexpr double kOneSigma = 0.6827;

struct Errors {
  double squares = 0;
  double noise = 0;  // relative variance that excuses them, summed
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
      double variance = noise.mean_covariance(at, at);
      if (kind == LawKind::kPower) {
        const Interval one_sigma = fit.MeanAt(curve.points[i].size, kOneSigma).interval;
        variance += std::pow(0.5 * (one_sigma.high - one_sigma.low), 2);
      }
      errors.noise += variance / (actual * actual);
      ++errors.count;
    }
  }
  return errors;
}

}  // namespace

bool LawChoice::Admits(LawKind kind) const {
  return std::any_of(scores.begin(), scores.end(), [kind](const LawScore& score) {
    return score.kind == kind && score.admissible;
  });
}

LawChoice ChooseLaw(const LearningCurve& measured) {
  const LearningCurve curve = Winsorized(measured);
  LawChoice choice;
  double best = INFINITY;
  std::vector<double> noises;
  for (LawKind kind : {LawKind::kConstant, LawKind::kLogarithmic, LawKind::kPower}) {
    const Errors errors = Predict(curve, kind);
    const double count = std::max(1, errors.count);
    noises.push_back(errors.noise / count);
    choice.scores.push_back({kind, std::sqrt(errors.squares / count), false});
    if (choice.scores.back().log_error < best) {
      best = choice.scores.back().log_error;
      choice.kind = kind;
    }
  }
  for (size_t i = 0; i < choice.scores.size(); ++i) {
    LawScore& score = choice.scores[i];
    score.admissible = score.log_error * score.log_error <= best * best + kTolerance * noises[i];
  }
  if (choice.Admits(LawKind::kPower)) choice.kind = LawKind::kPower;
  return choice;
}

}  // namespace trainyard::studies
