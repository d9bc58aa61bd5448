#include "engine/studies/curve_fit.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace trainyard::studies {
namespace {

// Standard errors beyond which a size counts as its distance and no longer as the square of it.
constexpr double kHuber = 2.5;
constexpr int kMostReweightings = 10;

// log(mean / law) at each point.
Eigen::VectorXd LogResiduals(const LawFit& fit, double least_level) {
  const Observations& observed = fit.observations();
  Eigen::VectorXd residuals(observed.count());
  for (Eigen::Index i = 0; i < residuals.size(); ++i) {
    const double law = fit.law().At(observed.samples[static_cast<size_t>(i)]);
    residuals[i] = std::log(std::max(observed.means[i], least_level) / std::max(law, least_level));
  }
  return residuals;
}

}  // namespace

Observations ObservationsOf(const LearningCurve& curve, const Noise& noise) {
  Eigen::VectorXd means(static_cast<Eigen::Index>(curve.points.size()));
  for (size_t i = 0; i < curve.points.size(); ++i) {
    means[static_cast<Eigen::Index>(i)] = curve.points[i].mean;
  }
  return ObservationsOf(curve, noise, means);
}

Observations ObservationsOf(const LearningCurve& curve, const Noise& noise,
                            const Eigen::VectorXd& levels) {
  Observations observed;
  observed.means.resize(levels.size());
  for (size_t i = 0; i < curve.points.size(); ++i) {
    observed.samples.push_back(curve.points[i].size);
    observed.means[static_cast<Eigen::Index>(i)] = curve.points[i].mean;
  }
  observed.covariance = noise.mean_covariance + TestPartCovariance(levels, curve.test_samples);
  // The test part's share of the variance is known, and not estimated (Satterthwaite).
  const double share =
      (noise.mean_covariance.diagonal().array() / observed.covariance.diagonal().array()).mean();
  observed.freedom = noise.freedom / (share * share);
  return observed;
}

Estimate CurveFit::MeanAt(double size, double level) const {
  return law.Profile([size](const Law& candidate) { return candidate.At(size); }, level);
}

CurveFit FitCurve(const LearningCurve& measured, LawKind kind) {
  LearningCurve curve = Winsorized(measured);
  Noise noise = EstimateNoise(curve);
  Observations observed = ObservationsOf(curve, noise);
  LawFit fit(kind, observed);
  if (curve.test_samples > 0) {
    Eigen::VectorXd levels(observed.count());
    for (Eigen::Index i = 0; i < levels.size(); ++i) {
      const double law = fit.law().At(observed.samples[static_cast<size_t>(i)]);
      levels[i] = std::max({law, observed.means[i], noise.least_level});
    }
    observed = ObservationsOf(curve, noise, levels);
    fit = LawFit(kind, observed);
  }
  Eigen::VectorXd residuals = LogResiduals(fit, noise.least_level);
  const double lack_of_fit = fit.LackOfFit();
  const double worst = residuals.cwiseAbs().maxCoeff();
  Eigen::VectorXd widths = Eigen::VectorXd::Ones(observed.count());
  for (int pass = 0; pass < kMostReweightings; ++pass) {
    Eigen::VectorXd next(widths.size());
    for (Eigen::Index i = 0; i < widths.size(); ++i) {
      const double relative_error =
          std::sqrt(observed.covariance(i, i)) / std::max(observed.means[i], noise.least_level);
      next[i] = std::sqrt(std::max(1.0, std::abs(residuals[i]) / relative_error / kHuber));
    }
    if ((next - widths).cwiseAbs().maxCoeff() < 1e-6) break;
    widths = next;
    Observations weighted = observed;
    weighted.covariance = widths.asDiagonal() * observed.covariance * widths.asDiagonal();
    fit = LawFit(kind, std::move(weighted));
    residuals = LogResiduals(fit, noise.least_level);
  }
  return CurveFit{std::move(curve), std::move(noise), std::move(fit), lack_of_fit, worst};
}

}  // namespace trainyard::studies
