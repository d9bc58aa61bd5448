#include "engine/studies/predictability.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <set>

#include "absl/strings/str_cat.h"
#include "engine/studies/curve_fit.h"
#include "engine/studies/distributions.h"

namespace trainyard::studies {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
// Sizes that a forecast takes, and how near to ten times the size it may be compared.
constexpr size_t kLeastSizes = 4;
constexpr double kLeastFactor = 5, kMostFactor = 20;

class Mean {
 public:
  void Add(double value) {
    if (std::isnan(value)) return;
    sum_ += value;
    ++count_;
  }
  int count() const { return count_; }
  double value() const { return count_ > 0 ? sum_ / count_ : kNaN; }

 private:
  double sum_ = 0;
  int count_ = 0;
};

double SeedAgreement(const std::vector<LearningCurve>& models, double size) {
  // Errors by seed and model; seeds that every model at this size has.
  std::map<uint64_t, std::vector<double>> orders;
  size_t present = 0;
  for (const LearningCurve& model : models) {
    const CurvePoint* const point = model.At(size);
    if (!point) continue;
    ++present;
    for (size_t j = 0; j < point->unit_seeds.size(); ++j) {
      orders[point->unit_seeds[j]].push_back(point->unit_means[j]);
    }
  }
  std::erase_if(orders, [&](const auto& order) { return order.second.size() != present; });
  Mean agreement;
  for (auto a = orders.begin(); a != orders.end(); ++a) {
    for (auto b = std::next(a); b != orders.end(); ++b) {
      agreement.Add(KendallTau(a->second, b->second));
    }
  }
  return agreement.value();
}

double FinalAgreement(const std::vector<LearningCurve>& models, double size, double last) {
  std::vector<double> here, there;
  for (const LearningCurve& model : models) {
    const CurvePoint* const a = model.At(size);
    const CurvePoint* const b = model.At(last);
    if (!a || !b) continue;
    here.push_back(a->mean);
    there.push_back(b->mean);
  }
  return KendallTau(here, there);
}

void AddForecasts(const LearningCurve& model, double size, Mean& squares) {
  const LearningCurve part = model.UpTo(size);
  if (part.points.size() < kLeastSizes || part.points.back().size != size) return;
  const CurvePoint* target = nullptr;
  const auto distance = [&](const CurvePoint& point) {
    return std::abs(std::log(point.size / size / 10));
  };
  for (const CurvePoint& point : model.points) {
    const double factor = point.size / size;
    if (factor < kLeastFactor || factor > kMostFactor) continue;
    if (!target || distance(point) < distance(*target)) target = &point;
  }
  if (!target || target->mean <= 0) return;
  const double forecast = FitCurve(part, LawKind::kPower).law.law().At(target->size);
  if (forecast > 0) squares.Add(std::pow(std::log(forecast / target->mean), 2));
}

// Of log variance on log10 size, with a level for each model; the sampling variance of a log
// variance is known (trigamma), and scatter beyond it widens the interval.
bool FitSlope(const std::vector<LearningCurve>& models, Estimate& slope) {
  double xx = 0, xy = 0, yy = 0, count = 0, levels = 0;
  for (const LearningCurve& model : models) {
    std::vector<double> x, y, weight;
    double total = 0, mean_x = 0, mean_y = 0;
    for (const CurvePoint& point : model.points) {
      const double variance = point.UnitVariance();
      if (point.freedom() < 1 || variance <= 0) continue;
      const double half = point.freedom() / 2;
      x.push_back(std::log10(point.size));
      y.push_back(std::log(variance) - Digamma(half) + std::log(half));
      weight.push_back(1 / Trigamma(half));
      total += weight.back();
      mean_x += weight.back() * x.back();
      mean_y += weight.back() * y.back();
    }
    if (x.size() < 2) continue;
    mean_x /= total;
    mean_y /= total;
    for (size_t i = 0; i < x.size(); ++i) {
      xx += weight[i] * (x[i] - mean_x) * (x[i] - mean_x);
      xy += weight[i] * (x[i] - mean_x) * (y[i] - mean_y);
      yy += weight[i] * (y[i] - mean_y) * (y[i] - mean_y);
    }
    count += static_cast<double>(x.size());
    ++levels;
  }
  const double freedom = count - levels - 1;
  if (freedom < 2 || xx <= 0) return false;
  const double value = xy / xx;
  const double scale = std::max(1.0, (yy - value * xy) / freedom);
  const double reach = StudentQuantile(0.975, freedom) * std::sqrt(scale / xx);
  // Of the deviation: half of the variance's.
  slope = {value / 2, {(value - reach) / 2, (value + reach) / 2}};
  return true;
}

}  // namespace

double KendallTau(const std::vector<double>& a, const std::vector<double>& b) {
  const size_t count = std::min(a.size(), b.size());
  double agree = 0, pairs_a = 0, pairs_b = 0;
  const auto sign = [](double value) { return value > 0 ? 1 : value < 0 ? -1 : 0; };
  for (size_t i = 0; i < count; ++i) {
    for (size_t k = i + 1; k < count; ++k) {
      const int of_a = sign(a[i] - a[k]), of_b = sign(b[i] - b[k]);
      agree += of_a * of_b;
      pairs_a += std::abs(of_a);
      pairs_b += std::abs(of_b);
    }
  }
  return pairs_a > 0 && pairs_b > 0 ? agree / std::sqrt(pairs_a * pairs_b) : kNaN;
}

Predictability AnalysePredictability(const std::vector<LearningCurve>& models) {
  Predictability result;
  std::set<double> sizes;
  for (const LearningCurve& model : models) {
    for (const CurvePoint& point : model.points) sizes.insert(point.size);
  }
  for (double size : sizes) {
    PredictabilityAtSize at;
    at.size = size;
    Mean variance, relative, squares;
    for (const LearningCurve& model : models) {
      const CurvePoint* const point = model.At(size);
      if (point && point->freedom() >= 1) {
        variance.Add(point->UnitVariance());
        if (point->mean > 0) relative.Add(point->UnitVariance() / (point->mean * point->mean));
      }
      AddForecasts(model, size, squares);
    }
    at.deviation = std::sqrt(variance.value());
    at.relative_deviation = std::sqrt(relative.value());
    at.seed_agreement = SeedAgreement(models, size);
    at.final_agreement = FinalAgreement(models, size, *sizes.rbegin());
    at.forecast_log_error = std::sqrt(squares.value());
    at.forecasts = squares.count();
    result.sizes.push_back(at);
  }
  Finding& finding = result.finding;
  if (!FitSlope(models, result.deviation_slope)) {
    finding.sentence = "insufficient data: too few sizes at which seeds differ";
    return result;
  }
  const Interval& interval = result.deviation_slope.interval;
  finding.verdict = interval.high < 0  ? Verdict::kHolds
                    : interval.low > 0 ? Verdict::kDoesNotHold
                                       : Verdict::kUndecided;
  const auto factor = [](double slope) { return Readable(std::exp(slope)); };
  finding.sentence = absl::StrCat("ten times the data multiplies the deviation over seeds by ",
                                  factor(result.deviation_slope.value), " (", factor(interval.low),
                                  " to ", factor(interval.high), ")");
  AddEstimate("log_deviation_per_decade", result.deviation_slope, finding);
  return result;
}

}  // namespace trainyard::studies
