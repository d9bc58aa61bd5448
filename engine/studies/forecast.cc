#include "engine/studies/forecast.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/studies/curve_fit.h"
#include "engine/studies/distributions.h"
#include "engine/studies/guards.h"

namespace trainyard::studies {
namespace {

constexpr int kQuantiles = 20;

// What a test part of its own, or the one already seen, does to a new measurement: a shift that
// depends on the law (kriging by the covariance of TestPartCovariance), and a variance.
struct TestPart {
  Eigen::VectorXd weights;  // of the residuals
  double variance = 0;
};

TestPart KnowTestPart(const Observations& observed, double level, double test_samples, bool same) {
  TestPart part;
  part.weights = Eigen::VectorXd::Zero(observed.count());
  if (!(test_samples > 0)) return part;
  Eigen::VectorXd levels(observed.count() + 1);
  levels << observed.means, level;
  const Eigen::MatrixXd covariance = TestPartCovariance(levels, test_samples);
  const Eigen::Index last = observed.count();
  part.variance = covariance(last, last);
  if (!same) return part;
  const Eigen::VectorXd shared = covariance.col(last).head(last);
  part.weights = observed.covariance.llt().solve(shared);
  part.variance = std::max(0.0, part.variance - shared.dot(part.weights));
  return part;
}

// The law's prediction at a size, shifted by what is known of the test part.
double Predict(const Law& law, double samples, double parameters, const Observations& observed,
               const TestPart& part) {
  double value = law.At(samples, parameters);
  for (Eigen::Index i = 0; i < part.weights.size(); ++i) {
    if (part.weights[i] == 0) continue;
    const auto at = static_cast<size_t>(i);
    const double own = observed.parameters.empty() ? 1 : observed.parameters[at];
    value += part.weights[i] * (observed.means[i] - law.At(observed.samples[at], own));
  }
  return value;
}

// Distances below and above the value at a confidence level.
using Reach = std::function<std::pair<double, double>(double level)>;

// Independent sources of doubt add as squares of their distances (MOVER, Zou and Donner 2008).
void Fill(double freedom, double run_variance, const Reach& reach_of_law, Forecast& forecast) {
  const auto interval = [&](double level) {
    const auto [below, above] = reach_of_law(level);
    const double t = StudentQuantile(0.5 + 0.5 * level, freedom);
    const double run = t * t * run_variance;
    return Interval{std::max(0.0, forecast.value - std::sqrt(below * below + run)),
                    forecast.value + std::sqrt(above * above + run)};
  };
  forecast.interval80 = interval(0.8);
  forecast.interval95 = interval(0.95);
  forecast.quantiles.assign(kQuantiles, 0);
  for (int i = 0; i < kQuantiles / 2; ++i) {
    const double probability = (i + 0.5) / kQuantiles;
    const Interval ends = interval(1 - 2 * probability);
    forecast.quantiles[static_cast<size_t>(i)] = ends.low;
    forecast.quantiles[static_cast<size_t>(kQuantiles - 1 - i)] = ends.high;
  }
}

std::pair<double, double> Distances(const LawFit& fit, double level,
                                    const std::function<double(const Law&)>& predict,
                                    double value) {
  const Estimate estimate = fit.Profile(predict, level);
  return {std::max(0.0, value - estimate.interval.low),
          std::max(0.0, estimate.interval.high - value)};
}

absl::Status CheckRequest(double samples, double parameters, const ForecastOptions& options) {
  if (!(samples > 0) || std::isinf(samples) || !(parameters > 0) || std::isinf(parameters)) {
    return absl::InvalidArgumentError(absl::StrCat("a forecast at ", samples, " samples and ",
                                                   parameters,
                                                   " parameters; both are positive and finite"));
  }
  if (options.seeds < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("a forecast of the mean of ", options.seeds, " seeds; at least 1"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Forecast> MakeForecast(const LearningCurve& curve, double samples,
                                      const ForecastOptions& options) {
  RETURN_IF_ERROR(CheckRequest(samples, 1, options));
  if (const Finding enough = CheckEnough(curve); enough.verdict != Verdict::kHolds) {
    return absl::FailedPreconditionError(enough.sentence);
  }
  const LearningCurve part = UsablePart(curve);
  const LawChoice choice = ChooseLaw(part);
  const CurveFit chosen = FitCurve(part, choice.kind);
  const double level = std::max(0.0, chosen.law.law().At(samples));
  const Observations& observed = chosen.law.observations();
  const TestPart test = KnowTestPart(observed, level, curve.test_samples, options.same_test_part);
  const auto predict = [&](const Law& law) { return Predict(law, samples, 1, observed, test); };
  Forecast forecast;
  forecast.samples = samples;
  forecast.value = std::max(0.0, predict(chosen.law.law()));
  std::vector<LawFit> rivals;
  for (const LawScore& score : choice.scores) {
    if (score.kind != choice.kind && score.admissible) {
      rivals.push_back(FitCurve(part, score.kind).law);
    }
  }
  const double run_variance =
      chosen.noise.RunVarianceAt(samples, forecast.value) / options.seeds + test.variance;
  const auto reach = [&](double confidence) {
    auto [below, above] = Distances(chosen.law, confidence, predict, forecast.value);
    for (const LawFit& rival : rivals) {
      const double shift = std::max(0.0, predict(rival.law())) - forecast.value;
      (shift < 0 ? below : above) = std::max(shift < 0 ? below : above, std::abs(shift));
    }
    return std::pair{below, above};
  };
  Fill(observed.freedom, run_variance, reach, forecast);
  return forecast;
}

absl::StatusOr<Forecast> MakeForecast(const JointFit& fit, double samples, double parameters,
                                      const ForecastOptions& options) {
  RETURN_IF_ERROR(CheckRequest(samples, parameters, options));
  const Observations& observed = fit.law.observations();
  const TestPart test = KnowTestPart(observed, fit.law.law().At(samples, parameters),
                                     fit.test_samples, options.same_test_part);
  const auto predict = [&](const Law& law) {
    return Predict(law, samples, parameters, observed, test);
  };
  Forecast forecast;
  forecast.samples = samples;
  forecast.parameters = parameters;
  forecast.value = std::max(0.0, predict(fit.law.law()));
  const double run_variance =
      fit.relative_variance * forecast.value * forecast.value / options.seeds + test.variance;
  Fill(
      observed.freedom, run_variance,
      [&](double level) { return Distances(fit.law, level, predict, forecast.value); }, forecast);
  return forecast;
}

// The mean over probabilities p of twice the pinball loss of the p-quantile.
double Crps(const Forecast& forecast, double measured) {
  double sum = 0;
  const auto count = static_cast<double>(forecast.quantiles.size());
  for (size_t i = 0; i < forecast.quantiles.size(); ++i) {
    const double probability = (static_cast<double>(i) + 0.5) / count;
    const double miss = measured - forecast.quantiles[i];
    sum += 2 * miss * (miss > 0 ? probability : probability - 1);
  }
  return count > 0 ? sum / count : std::abs(measured - forecast.value);
}

ForecastScore ScoreForecasts(const std::vector<std::pair<Forecast, double>>& forecasts) {
  ForecastScore score;
  double squares = 0;
  int positive = 0;
  for (const auto& [forecast, measured] : forecasts) {
    if (!std::isfinite(measured)) continue;
    ++score.count;
    score.coverage80 += forecast.interval80.Contains(measured);
    score.coverage95 += forecast.interval95.Contains(measured);
    score.crps += Crps(forecast, measured);
    if (measured > 0 && forecast.value > 0) {
      squares += std::pow(std::log(forecast.value / measured), 2);
      ++positive;
    }
  }
  if (score.count > 0) {
    score.coverage80 /= score.count;
    score.coverage95 /= score.count;
    score.crps /= score.count;
  }
  if (positive > 0) score.log_error = std::sqrt(squares / positive);
  return score;
}

}  // namespace trainyard::studies
