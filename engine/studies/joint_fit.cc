#include "engine/studies/joint_fit.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/studies/discrepancy.h"
#include "engine/studies/noise.h"

namespace trainyard::studies {
namespace {

constexpr size_t kMostCells = 400;
constexpr double kMostParameters = 1e15;
// As in EstimateNoise, the seeds pay for the weights, here of every model's own curve: with all of
// their degrees of freedom 95 % intervals of a, b and E cover 90-94 % (docs/decisions/fits.md).
constexpr double kFreedomLeft = 1.0 / 3;

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
  LawFit whole(LawKind::kJoint, observed);
  const double lack_of_fit = whole.LackOfFit();
  DiscrepantFit fit = AllowDiscrepancy(std::move(whole), least_level);
  const double worst = LogResiduals(fit.law, least_level).cwiseAbs().maxCoeff();
  return JointFit{HoldOutliers(std::move(fit.law), least_level),
                  relative_variance,
                  test_samples,
                  lack_of_fit,
                  fit.discrepancy,
                  worst};
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
