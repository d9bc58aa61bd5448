#include "engine/studies/discrepancy.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <utility>

namespace trainyard::studies {
namespace {

// A lack of fit below it is the law's and not chance's; as in LawFit::Reach.
constexpr double kBeyondChance = 0.05;
constexpr double kMostDiscrepancy = 10;  // relative to the law
constexpr int kBisections = 40;
constexpr int kDiscrepancyPasses = 5;
constexpr double kHuber = 2.5;
constexpr int kMostReweightings = 10;

// The law at each point, at least `least_level`.
Eigen::VectorXd LevelsOf(const LawFit& fit, double least_level) {
  const Observations& observed = fit.observations();
  Eigen::VectorXd levels(observed.count());
  for (Eigen::Index i = 0; i < levels.size(); ++i) {
    const auto at = static_cast<size_t>(i);
    const double parameters = observed.parameters.empty() ? 1 : observed.parameters[at];
    levels[i] = std::max(fit.law().At(observed.samples[at], parameters), least_level);
  }
  return levels;
}

Eigen::MatrixXd Widened(const Eigen::MatrixXd& covariance, const Eigen::VectorXd& deviations) {
  Eigen::MatrixXd widened = covariance;
  widened.diagonal() += deviations.cwiseAbs2();
  return widened;
}

double DiscrepancyFor(const Eigen::VectorXd& residuals, const Eigen::VectorXd& levels,
                      const Eigen::MatrixXd& covariance, double freedom) {
  double low = 0, high = kMostDiscrepancy;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (low + high);
    const double misfit =
        residuals.dot(Widened(covariance, middle * levels).llt().solve(residuals));
    (misfit > freedom ? low : high) = middle;
  }
  return high;
}

}  // namespace

Eigen::VectorXd LogResiduals(const LawFit& fit, double least_level) {
  const Eigen::VectorXd means = fit.observations().means.cwiseMax(least_level);
  return (means.array() / LevelsOf(fit, least_level).array()).log();
}

DiscrepantFit AllowDiscrepancy(LawFit fit, double least_level) {
  if (fit.LackOfFit() >= kBeyondChance) return {std::move(fit), 0};
  const Observations observed = fit.observations();
  const LawKind kind = fit.law().kind;
  const double freedom = fit.residual_freedom();
  Observations weighted = observed;
  weighted.covariance = observed.covariance.diagonal().asDiagonal();
  DiscrepantFit result{LawFit(kind, weighted), 0};
  for (int pass = 0; pass < kDiscrepancyPasses; ++pass) {
    const Eigen::VectorXd levels = LevelsOf(result.law, least_level);
    result.discrepancy =
        DiscrepancyFor(observed.means - levels, levels, observed.covariance, freedom);
    weighted.covariance = Widened(observed.covariance, result.discrepancy * levels);
    result.law = LawFit(kind, weighted);
  }
  return result;
}

LawFit HoldOutliers(LawFit fit, double least_level) {
  const Observations observed = fit.observations();
  const LawKind kind = fit.law().kind;
  const Eigen::VectorXd variances = observed.covariance.diagonal();
  const Eigen::VectorXd relative_errors =
      variances.cwiseSqrt().cwiseQuotient(observed.means.cwiseMax(least_level));
  Eigen::VectorXd widths = Eigen::VectorXd::Ones(observed.count());
  for (int pass = 0; pass < kMostReweightings; ++pass) {
    const Eigen::VectorXd distances =
        LogResiduals(fit, least_level).cwiseAbs().cwiseQuotient(relative_errors);
    const Eigen::VectorXd next = (distances / kHuber).cwiseMax(1.0);
    if ((next - widths).cwiseAbs().maxCoeff() < 1e-6) break;
    widths = next;
    Observations weighted = observed;
    weighted.covariance.diagonal() = variances.cwiseProduct(widths);
    fit = LawFit(kind, std::move(weighted));
  }
  return fit;
}

}  // namespace trainyard::studies
