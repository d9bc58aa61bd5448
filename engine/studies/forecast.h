// What error to expect at a size that was not run, and how good such forecasts turned out.
#pragma once

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/studies/back_test.h"
#include "engine/studies/curve.h"
#include "engine/studies/joint_fit.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

struct Forecast {
  double samples = 0;
  double parameters = 0;  // 0 where the law has none
  double value = 0;
  // Of what will be measured: uncertainty of the law, spread between laws that the back-test does
  // not tell apart, and the run-to-run variance.
  Interval interval80, interval95;
  // The predictive distribution at probabilities (i + 1/2) / count, ascending.
  std::vector<double> quantiles;
};

struct ForecastOptions {
  // How many seeds the measured error is the mean of.
  int seeds = 1;
  // Measured on the test part that the curve was measured on, rather than on a new one of its size.
  bool same_test_part = true;
};

// INVALID_ARGUMENT for a size that is not above 0 and at most 1e15, FAILED_PRECONDITION where the
// curve does not pass CheckEnough.
absl::StatusOr<Forecast> MakeForecast(const LearningCurve& curve, double samples,
                                      const ForecastOptions& options = {});
// From the joint law, at n samples and N parameters. The seeds' variance is that of the fit.
absl::StatusOr<Forecast> MakeForecast(const JointFit& fit, double samples, double parameters,
                                      const ForecastOptions& options = {});

struct ForecastScore {
  int count = 0;
  double coverage80 = 0, coverage95 = 0;  // shares of what came inside
  // Continuous ranked probability score, mean: the error of a distribution, in units of the error;
  // that of a point is its absolute error.
  double crps = 0;
  double log_error = 0;  // root mean square of log(value / what came), where both are positive
};

// Forecasts with what was measured later.
ForecastScore ScoreForecasts(const std::vector<std::pair<Forecast, double>>& forecasts);
double Crps(const Forecast& forecast, double measured);

}  // namespace trainyard::studies
