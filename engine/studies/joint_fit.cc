#include "engine/studies/joint_fit.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/studies/curve_fit.h"

namespace trainyard::studies {
namespace {

constexpr size_t kMostCells = 400;
constexpr double kMostParameters = 1e15;
constexpr double kHuber = 2.5;
// As in EstimateNoise, the seeds pay for the weights, here of every model's own curve: with all of
// their degrees of freedom 95 % intervals of a, b and E cover 90-94 % (docs/decisions/fits.md).
constexpr double kFreedomLeft = 1.0 / 3;
constexpr int kMostReweightings = 5;
// A lack of fit below it is the law's and not chance's; as in LawFit::Reach.
constexpr double kBeyondChance = 0.05;
constexpr double kMostDiscrepancy = 10;  // relative to the law
constexpr int kBisections = 40;

absl::Status CheckModels(const std::vector<ModelCurve>& curves, const JointGuards& guards,
                         size_t cells) {
  std::vector<double> parameters;
  for (const ModelCurve& model : curves) {
    if (!(model.parameters > 0) || model.parameters > kMostParameters) {
      return absl::InvalidArgumentError(absl::StrCat(
          model.curve.name, ": ", model.parameters,
          " parameters; a joint law takes a number above 0 and up to ", kMostParameters));
    }
    if (CheckEnough(model.curve, guards.curve).verdict == Verdict::kHolds) {
      parameters.push_back(model.parameters);
    }
  }
  std::sort(parameters.begin(), parameters.end());
  parameters.erase(std::unique(parameters.begin(), parameters.end()), parameters.end());
  const double decades =
      parameters.empty() ? 0 : std::log10(parameters.back() / parameters.front());
  if (static_cast<int>(parameters.size()) < guards.models || decades < guards.decades) {
    return absl::FailedPreconditionError(
        absl::StrCat("insufficient data: ", parameters.size(), " model sizes over ",
                     Readable(decades), " decades have enough sizes and seeds; it takes ",
                     guards.models, " over ", Readable(guards.decades)));
  }
  if (cells > kMostCells) {
    return absl::InvalidArgumentError(
        absl::StrCat(cells, " pairs of model and size; at most ", kMostCells, " are fitted"));
  }
  return absl::OkStatus();
}

// The cells of all curves: independent but for the test part that all share.
Observations Join(const std::vector<LearningCurve>& curves, const std::vector<double>& parameters,
                  const std::vector<Noise>& noises, size_t cells, double test_samples) {
  Observations observed;
  const auto count = static_cast<Eigen::Index>(cells);
  observed.means.resize(count);
  observed.covariance = Eigen::MatrixXd::Zero(count, count);
  observed.freedom = 0;
  Eigen::Index at = 0;
  for (size_t m = 0; m < curves.size(); ++m) {
    const auto own = static_cast<Eigen::Index>(curves[m].points.size());
    for (Eigen::Index i = 0; i < own; ++i) {
      observed.samples.push_back(curves[m].points[static_cast<size_t>(i)].size);
      observed.parameters.push_back(parameters[m]);
      observed.means[at + i] = curves[m].points[static_cast<size_t>(i)].mean;
    }
    observed.covariance.block(at, at, own, own) = noises[m].mean_covariance;
    observed.freedom += kFreedomLeft * noises[m].freedom;
    at += own;
  }
  observed.covariance += TestPartCovariance(observed.means, test_samples);
  return observed;
}

// The law at each cell, at least `least_level`.
Eigen::VectorXd LevelsOf(const LawFit& fit, double least_level) {
  const Observations& observed = fit.observations();
  Eigen::VectorXd levels(observed.count());
  for (Eigen::Index i = 0; i < levels.size(); ++i) {
    const auto at = static_cast<size_t>(i);
    levels[i] = std::max(fit.law().At(observed.samples[at], observed.parameters[at]), least_level);
  }
  return levels;
}

// log(mean / law) at each cell.
Eigen::VectorXd LogResiduals(const LawFit& fit, double least_level) {
  const Eigen::VectorXd means = fit.observations().means.cwiseMax(least_level);
  return (means.array() / LevelsOf(fit, least_level).array()).log();
}

// The deviation, relative to `levels`, that each cell must have of its own for `residuals` to be as
// large as `freedom` expects (Paule and Mandel 1982).
double DiscrepancyFor(const Eigen::VectorXd& residuals, const Eigen::VectorXd& levels,
                      const Eigen::MatrixXd& covariance, double freedom) {
  const auto misfit = [&](double deviation) {
    Eigen::MatrixXd whole = covariance;
    whole.diagonal() += (deviation * levels).cwiseAbs2();
    return residuals.dot(whole.llt().solve(residuals));
  };
  double low = 0, high = kMostDiscrepancy;
  for (int i = 0; i < kBisections; ++i) {
    const double middle = 0.5 * (low + high);
    (misfit(middle) > freedom ? low : high) = middle;
  }
  return high;
}

// Where the law is not true, the covariance of noise is the wrong price of a miss. The test part's
// noise is common to all cells: a shift of all of them costs next to nothing, differences cost
// much, and the best law by that price lies beside nearly all cells (the puzzle of Peelle 1987).
// What the law misses is each cell's own: so much independent variance is added that the misfit is
// what its freedom expects. The law then goes through the middle of the cells, and its intervals
// hold what it misses.
void FitAmongCells(const Observations& observed, double least_level, JointFit& result) {
  const double freedom = result.law.residual_freedom();
  Observations weighted = observed;
  // What is known of the misses is known from so many of them.
  weighted.freedom = std::min(observed.freedom, freedom);
  weighted.covariance = observed.covariance.diagonal().asDiagonal();
  result.law = LawFit(LawKind::kJoint, weighted);
  for (int pass = 0; pass < kMostReweightings; ++pass) {
    const Eigen::VectorXd levels = LevelsOf(result.law, least_level);
    result.discrepancy =
        DiscrepancyFor(observed.means - levels, levels, observed.covariance, freedom);
    weighted.covariance = observed.covariance;
    weighted.covariance.diagonal() += (result.discrepancy * levels).cwiseAbs2();
    result.law = LawFit(LawKind::kJoint, weighted);
  }
}

// Cells far from the law count by their distance and not by its square (Huber). Their variances are
// widened, not what they share with others.
void HoldOutliers(double least_level, JointFit& result) {
  const Observations observed = result.law.observations();
  for (int pass = 0; pass < kMostReweightings; ++pass) {
    const Eigen::VectorXd residuals = LogResiduals(result.law, least_level).cwiseAbs();
    const Eigen::VectorXd variances = observed.covariance.diagonal();
    const Eigen::VectorXd relative_errors =
        variances.cwiseSqrt().cwiseQuotient(observed.means.cwiseMax(least_level));
    const Eigen::VectorXd widths =
        (residuals.cwiseQuotient(relative_errors) / kHuber).cwiseMax(1.0);
    if (widths.maxCoeff() == 1) break;
    Observations weighted = observed;
    weighted.covariance.diagonal() = variances.cwiseProduct(widths);
    result.law = LawFit(LawKind::kJoint, std::move(weighted));
  }
}

}  // namespace

absl::StatusOr<JointFit> FitJoint(const std::vector<ModelCurve>& models,
                                  const JointGuards& guards) {
  std::vector<LearningCurve> curves;
  std::vector<double> parameters;
  size_t cells = 0;
  double relative_variance = 0, least_level = 0, test_samples = 0;
  for (const ModelCurve& model : models) {
    if (CheckEnough(model.curve, guards.curve).verdict != Verdict::kHolds) continue;
    curves.push_back(Winsorized(UsablePart(model.curve, guards.curve)));
    parameters.push_back(model.parameters);
    test_samples = std::max(test_samples, model.curve.test_samples);
    cells += curves.back().points.size();
  }
  RETURN_IF_ERROR(CheckModels(models, guards, cells));
  const std::vector<Noise> noises = EstimateNoise(curves);
  for (size_t m = 0; m < curves.size(); ++m) {
    least_level = std::max(least_level, noises[m].least_level);
    for (const CurvePoint& point : curves[m].points) {
      const double level = std::max(point.mean, noises[m].least_level);
      relative_variance += noises[m].RunVarianceAt(point.size, point.mean) / (level * level) /
                           static_cast<double>(cells);
    }
  }
  const Observations observed = Join(curves, parameters, noises, cells, test_samples);
  JointFit result{LawFit(LawKind::kJoint, observed), relative_variance, test_samples, 1, 0, 0};
  result.lack_of_fit = result.law.LackOfFit();
  if (result.lack_of_fit < kBeyondChance) FitAmongCells(observed, least_level, result);
  result.worst_residual = LogResiduals(result.law, least_level).cwiseAbs().maxCoeff();
  HoldOutliers(least_level, result);
  return result;
}

std::string LimitName(Limit limit) {
  switch (limit) {
    case Limit::kData:
      return "data-limited";
    case Limit::kModel:
      return "model-limited";
    case Limit::kNoise:
      return "noise-limited";
    case Limit::kUndecided:
      break;
  }
  return "undecided";
}

LimitVerdict JudgeLimits(const JointFit& fit, double samples, double parameters) {
  return JudgeLimits(fit, fit.law.Region(), samples, parameters);
}

LimitVerdict JudgeLimits(const JointFit& fit, const std::vector<Law>& region, double samples,
                         double parameters) {
  constexpr double kMaterialMiss = 0.1;
  // Share of the term `index` (E, A/N^a, B/n^b) in the error; a third each where there is none.
  const auto share = [&](const Law& law, int index) {
    const double total = law.At(samples, parameters);
    if (!(total > 0)) return 1.0 / 3;
    const double factor = Basis(LawKind::kJoint, law.exponents, index, samples, parameters);
    return law.coefficients[static_cast<size_t>(index)] * factor / total;
  };
  LimitVerdict verdict;
  // A share, and by how much it leads the larger of the other two; of each term.
  const auto estimate = [&](int index, Estimate& of_share, Estimate& lead) {
    for (size_t i = 0; i < region.size(); ++i) {
      const double own = share(region[i], index);
      const double other =
          std::max(share(region[i], (index + 1) % 3), share(region[i], (index + 2) % 3));
      if (i == 0) {
        of_share = {own, {own, own}};
        lead = {own - other, {own - other, own - other}};
      }
      of_share.interval = {std::min(of_share.interval.low, own),
                           std::max(of_share.interval.high, own)};
      lead.interval.low = std::min(lead.interval.low, own - other);
    }
  };
  Estimate noise_lead, model_lead, data_lead;
  estimate(0, verdict.noise, noise_lead);
  estimate(1, verdict.model, model_lead);
  estimate(2, verdict.data, data_lead);
  AddEstimate("data_share", verdict.data, verdict.finding);
  AddEstimate("model_share", verdict.model, verdict.finding);
  AddEstimate("noise_share", verdict.noise, verdict.finding);
  const std::string shares =
      absl::StrCat("of the predicted error ", Readable(fit.law.law().At(samples, parameters)), ", ",
                   ReadableShare(verdict.data.value), " is for want of data, ",
                   ReadableShare(verdict.model.value), " for want of parameters and ",
                   ReadableShare(verdict.noise.value), " stays");
  if (fit.lack_of_fit < 0.001 && fit.worst_residual > kMaterialMiss) {
    verdict.finding.verdict = Verdict::kIllBehaved;
    verdict.finding.sentence =
        absl::StrCat("ill-behaved: the joint law misses a cell by ",
                     ReadableShare(std::expm1(fit.worst_residual)), ", beyond noise");
    return verdict;
  }
  verdict.limit = data_lead.interval.low > 0    ? Limit::kData
                  : model_lead.interval.low > 0 ? Limit::kModel
                  : noise_lead.interval.low > 0 ? Limit::kNoise
                                                : Limit::kUndecided;
  verdict.finding.verdict =
      verdict.limit == Limit::kUndecided ? Verdict::kUndecided : Verdict::kHolds;
  verdict.finding.sentence = absl::StrCat(LimitName(verdict.limit), ": ", shares);
  return verdict;
}

}  // namespace trainyard::studies
