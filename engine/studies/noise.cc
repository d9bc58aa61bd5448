#include "engine/studies/noise.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/studies/distributions.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {
namespace {

// A variance as if from so many seeds more than it is at least, and at most.
constexpr double kLeastPriorFreedom = 4;
constexpr double kMostPriorFreedom = 1000;
// Standard deviation, before the data, of how the log of the relative variance moves per log size.
constexpr double kSlopeScale = 0.3;
// Of an error, where seeds never differ: what no two machines would agree on.
constexpr double kLeastRelativeDeviation = 1e-3;

// The seeds' degrees of freedom pay for the weights too, which differ from size to size. Of half of
// them, 95 % intervals of exponents cover 93-96 %; of all, 91-94 % (docs/decisions/fits.md).
constexpr double kFreedomLeft = 0.5;

struct Trend {
  double intercept = 0;
  double slope = 0;
  double center = 0;
  double prior_freedom = kMostPriorFreedom;
};

double Level(double mean, double least) { return std::max(mean, least); }

double LeastLevel(const LearningCurve& curve) {
  if (curve.test_samples > 0) return 0.5 / curve.test_samples;
  double most = 0;
  for (const CurvePoint& point : curve.points) most = std::max(most, point.mean);
  return std::max(1e-6 * most, 1e-12);
}

// Of log(s^2 / mean^2), corrected for the bias of the logarithm, on log size; only of points whose
// seeds differ. False where there are none.
bool FitTrend(const std::vector<LearningCurve>& curves, Trend& trend) {
  std::vector<double> x, y, weight, sampling;
  for (const LearningCurve& curve : curves) {
    const double least_level = LeastLevel(curve);
    for (const CurvePoint& point : curve.points) {
      const double variance = point.UnitVariance();
      if (point.freedom() < 1 || variance <= 0) continue;
      const double half = point.freedom() / 2;
      const double level = Level(point.mean, least_level);
      x.push_back(std::log(point.size));
      y.push_back(std::log(variance / (level * level)) - Digamma(half) + std::log(half));
      sampling.push_back(Trigamma(half));
      weight.push_back(1 / sampling.back());
    }
  }
  if (x.empty()) return false;
  double total = 0, mean_x = 0, mean_y = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    total += weight[i];
    mean_x += weight[i] * x[i];
    mean_y += weight[i] * y[i];
  }
  mean_x /= total;
  mean_y /= total;
  double xx = 1 / (kSlopeScale * kSlopeScale), xy = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xx += weight[i] * (x[i] - mean_x) * (x[i] - mean_x);
    xy += weight[i] * (x[i] - mean_x) * (y[i] - mean_y);
  }
  trend.center = mean_x;
  trend.slope = xy / xx;
  // What the scatter exceeds that of sampling by is the scatter of the true variances.
  double excess = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double residual = y[i] - mean_y - trend.slope * (x[i] - mean_x);
    excess += residual * residual * static_cast<double>(x.size()) /
                  std::max(1.0, static_cast<double>(x.size()) - 2) -
              sampling[i];
  }
  excess /= static_cast<double>(x.size());
  double low = kLeastPriorFreedom, high = kMostPriorFreedom;
  while (high / low > 1.001) {  // trigamma falls
    const double middle = std::sqrt(low * high);
    (Trigamma(middle / 2) > excess ? low : high) = middle;
  }
  trend.prior_freedom = low;
  trend.intercept = mean_y + Digamma(low / 2) - std::log(low / 2);
  return true;
}

// Sum over shared seeds of the products of standardised deviations, averaged over pairs of sizes.
double SeedCorrelation(const LearningCurve& curve, const std::vector<double>& variances) {
  std::vector<std::map<uint64_t, double>> deviations(curve.points.size());
  for (size_t i = 0; i < curve.points.size(); ++i) {
    const CurvePoint& point = curve.points[i];
    if (variances[i] <= 0) continue;
    for (size_t j = 0; j < point.unit_means.size(); ++j) {
      deviations[i][point.unit_seeds[j]] =
          (point.unit_means[j] - point.mean) / std::sqrt(variances[i]);
    }
  }
  double products = 0, freedom = 0;
  for (size_t i = 0; i < deviations.size(); ++i) {
    for (size_t k = i + 1; k < deviations.size(); ++k) {
      int shared = 0;
      double sum = 0;
      for (const auto& [seed, deviation] : deviations[i]) {
        const auto other = deviations[k].find(seed);
        if (other == deviations[k].end()) continue;
        ++shared;
        sum += deviation * other->second;
      }
      if (shared < 2) continue;
      products += sum;
      freedom += shared - 1;
    }
  }
  if (freedom < 1) return 0;
  const double correlation = products / freedom;
  const double standard_error = 1 / std::sqrt(freedom);
  // One that is not there would make exponents look surer than they are.
  return correlation > 2 * standard_error ? std::min(correlation, 0.95) : 0;
}

size_t Shared(const CurvePoint& a, const CurvePoint& b) {
  size_t shared = 0;
  for (uint64_t seed : a.unit_seeds) {
    shared += static_cast<size_t>(std::count(b.unit_seeds.begin(), b.unit_seeds.end(), seed));
  }
  return shared;
}

double RunToUnit(const LearningCurve& curve) {
  double runs = 0, units = 0;
  for (const CurvePoint& point : curve.points) {
    runs += point.RunVariance();
    units += point.UnitVariance();
  }
  return units > 0 ? std::max(1.0, runs / units) : 1;
}

double Median(std::vector<double> values) {
  const size_t middle = values.size() / 2;
  std::nth_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(middle), values.end());
  const double upper = values[middle];
  if (values.size() % 2 == 1) return upper;
  return 0.5 * (upper +
                *std::max_element(values.begin(), values.begin() + static_cast<ptrdiff_t>(middle)));
}

// `found` is absent where no two seeds differ.
Noise NoiseOf(const LearningCurve& curve, const Trend* found) {
  Noise noise;
  noise.least_level = LeastLevel(curve);
  noise.log_relative_variance = 2 * std::log(kLeastRelativeDeviation);
  const Trend trend = found ? *found : Trend{};
  if (found) {
    noise.log_relative_variance = trend.intercept;
    noise.slope = trend.slope;
    noise.center = trend.center;
  }
  noise.run_to_unit = RunToUnit(curve);
  const auto count = static_cast<Eigen::Index>(curve.points.size());
  for (const CurvePoint& point : curve.points) {
    const double freedom = std::max(0.0, point.freedom());
    const double level = Level(point.mean, noise.least_level);
    const double shrunk = (trend.prior_freedom * noise.UnitVarianceAt(point.size, point.mean) +
                           freedom * point.UnitVariance()) /
                          (trend.prior_freedom + freedom);
    noise.unit_variances.push_back(std::max(shrunk, std::pow(kLeastRelativeDeviation * level, 2)));
    noise.variance_freedom += freedom;
  }
  noise.variance_freedom = std::max(noise.variance_freedom, 1.0);
  noise.freedom = std::max(kFreedomLeft * noise.variance_freedom, 1.0);
  noise.correlation = SeedCorrelation(curve, noise.unit_variances);
  noise.mean_covariance = Eigen::MatrixXd::Zero(count, count);
  for (Eigen::Index i = 0; i < count; ++i) {
    const CurvePoint& a = curve.points[static_cast<size_t>(i)];
    const auto units = static_cast<double>(a.unit_means.size());
    const double variance = noise.unit_variances[static_cast<size_t>(i)];
    noise.mean_covariance(i, i) = variance / units;
    if (noise.correlation == 0) continue;
    for (Eigen::Index k = 0; k < i; ++k) {
      const CurvePoint& b = curve.points[static_cast<size_t>(k)];
      const double covariance =
          noise.correlation * std::sqrt(variance * noise.unit_variances[static_cast<size_t>(k)]) *
          static_cast<double>(Shared(a, b)) / (units * static_cast<double>(b.unit_means.size()));
      noise.mean_covariance(i, k) = noise.mean_covariance(k, i) = covariance;
    }
  }
  return noise;
}

}  // namespace

double Noise::UnitVarianceAt(double size, double level) const {
  const double relative = log_relative_variance + slope * (std::log(size) - center);
  const double bounded = Level(level, least_level);
  return bounded * bounded * std::exp(relative);
}

double Noise::RunVarianceAt(double size, double level) const {
  return run_to_unit * UnitVarianceAt(size, level);
}

Noise EstimateNoise(const LearningCurve& curve) { return EstimateNoise(std::vector{curve})[0]; }

std::vector<Noise> EstimateNoise(const std::vector<LearningCurve>& curves) {
  Trend trend;
  const bool found = FitTrend(curves, trend);
  std::vector<Noise> noises;
  for (const LearningCurve& curve : curves)
    noises.push_back(NoiseOf(curve, found ? &trend : nullptr));
  return noises;
}

Eigen::MatrixXd TestPartCovariance(const Eigen::VectorXd& means, double test_samples) {
  const Eigen::Index count = means.size();
  Eigen::MatrixXd covariance = Eigen::MatrixXd::Zero(count, count);
  if (!(test_samples > 0)) return covariance;
  for (Eigen::Index i = 0; i < count; ++i) {
    for (Eigen::Index k = 0; k < count; ++k) {
      const double a = std::clamp(means[i], 0.0, 1.0), b = std::clamp(means[k], 0.0, 1.0);
      covariance(i, k) = (std::min(a, b) - a * b) / test_samples;
    }
  }
  return covariance;
}

LearningCurve Winsorized(const LearningCurve& curve) {
  constexpr double kMostDeviations = 4;
  // The mean absolute deviation of normal numbers from their median, by count: that of many, and
  // what is lost with few.
  const auto expected = [](size_t count) { return 0.798 * (1 - 0.9 / static_cast<double>(count)); };
  const double least = LeastLevel(curve);
  std::vector<double> medians, scatters;
  for (const CurvePoint& point : curve.points) {
    std::vector<double> logs;
    for (const MeasuredRun& run : point.runs) logs.push_back(std::log(Level(run.error, least)));
    medians.push_back(Median(logs));
    if (logs.size() < 3) continue;
    double sum = 0;
    for (double log : logs) sum += std::abs(log - medians.back());
    scatters.push_back(sum / static_cast<double>(logs.size()) / expected(logs.size()));
  }
  if (scatters.size() < 3) return curve;
  // The median over the sizes, which contaminated ones do not move; noise falls with size, so that
  // the edge leaves room for twice of it.
  const double scatter = 1.5 * Median(scatters);
  if (scatter <= 0) return curve;
  LearningCurve result = curve;
  for (size_t i = 0; i < curve.points.size(); ++i) {
    CurvePoint& point = result.points[i];
    if (point.runs.size() < 3) continue;
    std::map<uint64_t, std::pair<double, int>> change;
    int moved = 0;
    for (MeasuredRun& run : point.runs) {
      const double log = std::log(Level(run.error, least));
      const double edge = kMostDeviations * scatter;
      if (std::abs(log - medians[i]) <= edge) continue;
      run.error = std::exp(medians[i] + std::copysign(edge, log - medians[i]));
      ++moved;
    }
    if (moved == 0) continue;
    std::vector<MeasuredRun> runs = point.runs;
    const auto remade = LearningCurve::Create(curve.name, std::move(runs), 0);
    if (!remade.ok()) continue;
    point.unit_seeds = remade->points[0].unit_seeds;
    point.unit_means = remade->points[0].unit_means;
    point.mean = remade->points[0].mean;
    result.notes.push_back(std::to_string(moved) + " outlying runs at size " +
                           Readable(point.size) + " count as the edge of the others");
  }
  return result;
}

}  // namespace trainyard::studies
