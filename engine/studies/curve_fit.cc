#include "engine/studies/curve_fit.h"

#include <algorithm>
#include <utility>

#include "engine/studies/discrepancy.h"

namespace trainyard::studies {

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
  const double lack_of_fit = fit.LackOfFit();
  DiscrepantFit among = AllowDiscrepancy(std::move(fit), noise.least_level);
  const double worst = LogResiduals(among.law, noise.least_level).cwiseAbs().maxCoeff();
  LawFit held = HoldOutliers(std::move(among.law), noise.least_level);
  return CurveFit{std::move(curve), std::move(noise),  std::move(held),
                  lack_of_fit,      among.discrepancy, worst};
}

}  // namespace trainyard::studies
