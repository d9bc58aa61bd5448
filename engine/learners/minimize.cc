#include "engine/learners/minimize.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <numeric>

#include "engine/learners/checks.h"

namespace trainyard::learners {
namespace {

constexpr size_t kPairs = 10;
constexpr double kSufficientDecrease = 1e-4;
constexpr int kMostHalvings = 40;
constexpr size_t kWindow = 10;
constexpr double kShareOfTolerance = 0.1;
// Sums of float products carry this much noise: a value that is no smaller may still be one step
// on.
constexpr double kNoise = 1e-9;

using Vector = std::vector<double>;

double Dot(const Vector& a, const Vector& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

class Minimizer {
 public:
  Minimizer(const SmoothFunction& function, Vector& x, const MinimizeOptions& options)
      : function_(function), x_(x), options_(options), gradient_(x.size()), slope_(x.size()) {}

  absl::StatusOr<MinimizeResult> Run(const MinimizeStep& step) {
    MinimizeResult result;
    result.value = Evaluate(x_, gradient_);
    if (!std::isfinite(result.value)) {
      return absl::FailedPreconditionError(
          "the values of the samples are too large to sum; standardise them "
          "(data.transforms: [standardize])");
    }
    UpdateSlope();
    while (true) {
      result.largest_derivative = 0;
      for (double d : slope_)
        result.largest_derivative = std::max(result.largest_derivative, std::abs(d));
      result.converged = result.largest_derivative <= options_.tolerance || IsFlat(result.value);
      if (result.converged || result.iterations == options_.max_iterations) return result;
      if (!Advance(result.value)) {  // no number is smaller than this one: as good as it gets
        if (pairs_.empty()) return result;
        pairs_.clear();
        continue;
      }
      ++result.iterations;
      if (!step(result.iterations, result.value)) return Stopped();
    }
  }

 private:
  struct Pair {
    Vector moved;    // of x
    Vector changed;  // of the gradient
    double product;
  };

  // Whether the last iterations brought nothing any more.
  bool IsFlat(double value) {
    values_.push_back(value);
    if (values_.size() <= kWindow) return false;
    const double before = values_.front();
    values_.pop_front();
    return before - value <= kShareOfTolerance * options_.tolerance * std::abs(value);
  }

  double Evaluate(const Vector& x, Vector& gradient) {
    double value = function_(x, gradient);
    for (size_t i = 0; i < options_.l1.size(); ++i) value += options_.l1[i] * std::abs(x[i]);
    return value;
  }

  // The gradient, or with l1 the least subgradient.
  void UpdateSlope() {
    slope_ = gradient_;
    for (size_t i = 0; i < options_.l1.size(); ++i) {
      const double weight = options_.l1[i];
      if (x_[i] != 0) {
        slope_[i] += x_[i] > 0 ? weight : -weight;
      } else {
        slope_[i] = std::copysign(std::max(0.0, std::abs(gradient_[i]) - weight), gradient_[i]);
      }
    }
  }

  Vector Direction() const {
    Vector direction(slope_.size());
    std::transform(slope_.begin(), slope_.end(), direction.begin(), std::negate<>());
    Vector factors(pairs_.size());
    for (size_t k = pairs_.size(); k-- > 0;) {
      factors[k] = Dot(pairs_[k].moved, direction) / pairs_[k].product;
      for (size_t i = 0; i < direction.size(); ++i)
        direction[i] -= factors[k] * pairs_[k].changed[i];
    }
    if (!pairs_.empty()) {
      const Pair& last = pairs_.back();
      const double scale = last.product / Dot(last.changed, last.changed);
      for (double& d : direction) d *= scale;
    }
    for (size_t k = 0; k < pairs_.size(); ++k) {
      const double factor = factors[k] - Dot(pairs_[k].changed, direction) / pairs_[k].product;
      for (size_t i = 0; i < direction.size(); ++i) direction[i] += factor * pairs_[k].moved[i];
    }
    for (size_t i = 0; i < options_.l1.size(); ++i) {
      if (options_.l1[i] > 0 && direction[i] * slope_[i] >= 0) direction[i] = 0;
    }
    return direction;
  }

  // With l1, x may reach a border between orthants and not cross it.
  Vector At(const Vector& direction, double length) const {
    Vector next(x_.size());
    for (size_t i = 0; i < x_.size(); ++i) next[i] = x_[i] + length * direction[i];
    for (size_t i = 0; i < options_.l1.size(); ++i) {
      if (options_.l1[i] == 0) continue;
      const double orthant = x_[i] != 0 ? x_[i] : -slope_[i];
      if (next[i] * orthant <= 0) next[i] = 0;
    }
    return next;
  }

  // One line search; false where no length makes the value smaller.
  bool Advance(double& value) {
    const Vector direction = Direction();
    double length = 1;
    if (pairs_.empty()) length = 1 / std::max(1e-12, std::sqrt(Dot(slope_, slope_)));
    Vector gradient(x_.size());
    for (int halving = 0; halving < kMostHalvings; ++halving, length *= 0.5) {
      Vector next = At(direction, length);
      const double next_value = Evaluate(next, gradient);
      double predicted = 0;
      for (size_t i = 0; i < next.size(); ++i) predicted += slope_[i] * (next[i] - x_[i]);
      if (!std::isfinite(next_value) || predicted >= 0 ||
          next_value > value + kSufficientDecrease * predicted + kNoise * std::abs(value)) {
        continue;
      }
      Remember(next, gradient);
      x_ = std::move(next);
      gradient_ = std::move(gradient);
      value = next_value;
      UpdateSlope();
      return true;
    }
    return false;
  }

  void Remember(const Vector& next, const Vector& gradient) {
    Pair pair{Vector(next.size()), Vector(next.size()), 0};
    for (size_t i = 0; i < next.size(); ++i) {
      pair.moved[i] = next[i] - x_[i];
      pair.changed[i] = gradient[i] - gradient_[i];
    }
    pair.product = Dot(pair.moved, pair.changed);
    // Curvature that is lost in noise would make the next direction a wild one.
    if (pair.product <= 1e-10 * Dot(pair.changed, pair.changed)) return;
    if (pairs_.size() == kPairs) pairs_.pop_front();
    pairs_.push_back(std::move(pair));
  }

  const SmoothFunction& function_;
  Vector& x_;
  const MinimizeOptions& options_;
  Vector gradient_;
  Vector slope_;
  std::deque<Pair> pairs_;
  std::deque<double> values_;  // of the last iterations
};

}  // namespace

absl::StatusOr<MinimizeResult> Minimize(const SmoothFunction& function, std::vector<double>& x,
                                        const MinimizeOptions& options, const MinimizeStep& step) {
  return Minimizer(function, x, options).Run(step);
}

}  // namespace trainyard::learners
