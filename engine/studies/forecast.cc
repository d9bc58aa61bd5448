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
constexpr double kMostSize = 1e15;
// A law that the back-test gives less than this is left out.
constexpr double kLeastWeight = 0.01;

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

// One law's predictive distribution.
struct Component {
  double weight = 1;
  double value = 0;
  double freedom = 1;  // of the run variance
  // Of a run about the law: noise, and the law misses a new point by as much as those that it was
  // fitted to.
  double run_variance = 0;
  const LawFit* law = nullptr;
  std::function<double(const Law&)> predict;

  // Independent sources of doubt add as squares of their distances (MOVER, Zou and Donner 2008).
  Interval At(double level) const {
    const Interval of_law = law->Profile(predict, level).interval;
    const double t = StudentQuantile(0.5 + 0.5 * level, freedom);
    const double run = t * t * run_variance;
    return {std::max(0.0, value - std::hypot(value - std::min(value, of_law.low), std::sqrt(run))),
            value + std::hypot(std::max(value, of_law.high) - value, std::sqrt(run))};
  }
};

// Of a distribution given by weighted points: linear between the middles of their weights.
class Mixture {
 public:
  explicit Mixture(const std::vector<Component>& components) {
    double total = 0;
    for (const Component& component : components) total += component.weight;
    for (const Component& component : components) {
      const double weight = component.weight / total / (2 * kLevels);
      for (int i = 0; i < kLevels; ++i) {
        const Interval ends = component.At(1 - (i + 0.5) / kLevels);
        points_.push_back({ends.low, weight});
        points_.push_back({ends.high, weight});
      }
    }
    std::sort(points_.begin(), points_.end());
  }
  double Quantile(double probability) const {
    double before = 0;
    for (size_t i = 0; i < points_.size(); ++i) {
      const double middle = before + 0.5 * points_[i].second;
      if (middle >= probability) {
        if (i == 0) return points_[0].first;
        const double last = before - 0.5 * points_[i - 1].second;
        const double share = (probability - last) / (middle - last);
        return points_[i - 1].first + share * (points_[i].first - points_[i - 1].first);
      }
      before += points_[i].second;
    }
    return points_.back().first;
  }

 private:
  static constexpr int kLevels = 20;  // both ends of each: 40 points a law
  std::vector<std::pair<double, double>> points_;
};

void Fill(const std::vector<Component>& components, Forecast& forecast) {
  if (components.size() == 1) {  // exact, and with fewer levels
    const Component& only = components[0];
    forecast.value = only.value;
    forecast.interval80 = only.At(0.8);
    forecast.interval95 = only.At(0.95);
    forecast.quantiles.assign(kQuantiles, 0);
    for (size_t i = 0; i < kQuantiles / 2; ++i) {
      const Interval ends = only.At(1 - (2 * static_cast<double>(i) + 1) / kQuantiles);
      forecast.quantiles[i] = ends.low;
      forecast.quantiles[kQuantiles - 1 - i] = ends.high;
    }
    return;
  }
  const Mixture mixture(components);
  forecast.value = mixture.Quantile(0.5);
  forecast.interval80 = {mixture.Quantile(0.1), mixture.Quantile(0.9)};
  forecast.interval95 = {mixture.Quantile(0.025), mixture.Quantile(0.975)};
  for (int i = 0; i < kQuantiles; ++i) {
    forecast.quantiles.push_back(mixture.Quantile((i + 0.5) / kQuantiles));
  }
}

absl::Status CheckRequest(double samples, double parameters, const ForecastOptions& options) {
  if (!(samples > 0) || samples > kMostSize || !(parameters > 0) || parameters > kMostSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("a forecast at ", samples, " samples and ", parameters,
                     " parameters; both are above 0 and at most ", kMostSize));
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
  std::vector<CurveFit> fits;
  std::vector<double> weights;
  for (const LawScore& score : choice.scores) {
    // The constant is a power law of A = 0, in whose region it is where it is likely.
    if (score.kind == LawKind::kConstant || score.weight < kLeastWeight) continue;
    fits.push_back(FitCurve(part, score.kind));
    weights.push_back(score.weight);
  }
  std::vector<Component> components;
  for (size_t i = 0; i < fits.size(); ++i) {
    const LawFit& law = fits[i].law;
    const Observations& observed = law.observations();
    const TestPart test = KnowTestPart(observed, std::max(0.0, law.law().At(samples)),
                                       curve.test_samples, options.same_test_part);
    Component component;
    component.weight = weights[i];
    component.law = &law;
    component.predict = [&observed, test, samples](const Law& candidate) {
      return Predict(candidate, samples, 1, observed, test);
    };
    component.value = std::max(0.0, component.predict(law.law()));
    component.freedom = fits[i].noise.variance_freedom;
    component.run_variance = fits[i].noise.RunVarianceAt(samples, component.value) / options.seeds +
                             std::pow(fits[i].discrepancy * component.value, 2) + test.variance;
    components.push_back(std::move(component));
  }
  Forecast forecast;
  forecast.samples = samples;
  Fill(components, forecast);
  return forecast;
}

absl::StatusOr<Forecast> MakeForecast(const JointFit& fit, double samples, double parameters,
                                      const ForecastOptions& options) {
  RETURN_IF_ERROR(CheckRequest(samples, parameters, options));
  const Observations& observed = fit.law.observations();
  const TestPart test = KnowTestPart(observed, fit.law.law().At(samples, parameters),
                                     fit.test_samples, options.same_test_part);
  Component component;
  component.law = &fit.law;
  component.predict = [&](const Law& law) {
    return Predict(law, samples, parameters, observed, test);
  };
  component.value = std::max(0.0, component.predict(fit.law.law()));
  component.freedom = observed.freedom;
  const double relative_variance =
      fit.relative_variance / options.seeds + fit.discrepancy * fit.discrepancy;
  component.run_variance = relative_variance * component.value * component.value + test.variance;
  Forecast forecast;
  forecast.samples = samples;
  forecast.parameters = parameters;
  Fill({component}, forecast);
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
