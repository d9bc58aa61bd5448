// How predictable performance is at each amount of data: its spread over seeds, whether the order
// of models is the same for every seed, and how well a forecast to ten times the data does.
#pragma once

#include <vector>

#include "engine/studies/curve.h"
#include "engine/studies/verdict.h"

namespace trainyard::studies {

// What cannot be asked at a size is NaN.
struct PredictabilityAtSize {
  double size = 0;
  double deviation = 0;           // over seeds, root mean square over the models
  double relative_deviation = 0;  // the same of deviation / mean error
  // Kendall's tau-b between two seeds' orders of the models, mean over pairs of seeds: 1 where
  // every seed gives the same order.
  double seed_agreement = 0;
  // Kendall's tau-b between the order of the mean errors here and at the largest size.
  double final_agreement = 0;
  // Root mean square of log(forecast / measured) from the sizes up to here to ten times this size,
  // over the models that have both.
  double forecast_log_error = 0;
  int forecasts = 0;
};

struct Predictability {
  std::vector<PredictabilityAtSize> sizes;
  // Change of the log of the deviation per tenfold data.
  Estimate deviation_slope;
  // Of "with little data performance is less predictable": the deviation falls with the data.
  Finding finding;
};

Predictability AnalysePredictability(const std::vector<LearningCurve>& models);

// Kendall's tau-b of two equally long lists; NaN where one of them is constant or shorter than 2.
double KendallTau(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace trainyard::studies
