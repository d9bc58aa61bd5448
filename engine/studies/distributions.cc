#include "engine/studies/distributions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace trainyard::studies {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Beyond so many degrees of freedom t is the normal to 1e-7.
constexpr double kNormalFreedom = 1e7;

// Of the incomplete beta function, by Lentz's method (DiDonato and Morris 1992).
double ContinuedFraction(double a, double b, double x) {
  constexpr double kTiny = 1e-300;
  constexpr int kMostTerms = 10000;
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1;
  double d = 1 / away_from_zero(1 - (a + b) * x / (a + 1));
  double result = d;
  for (int m = 1; m < kMostTerms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    result *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    result *= d * c;
    if (std::abs(d * c - 1) < 1e-15) break;
  }
  return result;
}

// x with cdf(x) = probability, of an increasing function between `low` and `high`.
template <typename Cdf>
double Invert(const Cdf& cdf, double probability, double low, double high) {
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (cdf(middle) < probability ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

double NormalDensity(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi); }

double NormalCdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

double NormalQuantile(double probability) {
  if (probability <= 0) return -kInfinity;
  if (probability >= 1) return kInfinity;
  // erfc keeps its digits in the lower tail.
  if (probability > 0.5) return -NormalQuantile(1 - probability);
  return Invert(NormalCdf, probability, -40, 0);
}

double IncompleteBeta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x));
  if (x < (a + 1) / (a + b + 2)) return front * ContinuedFraction(a, b, x) / a;
  return 1 - front * ContinuedFraction(b, a, 1 - x) / b;
}

double BetaQuantile(double probability, double a, double b) {
  return Invert([&](double x) { return IncompleteBeta(a, b, x); }, probability, 0, 1);
}

double StudentCdf(double t, double freedom) {
  if (freedom > kNormalFreedom) return NormalCdf(t);
  const double tail = 0.5 * IncompleteBeta(freedom / 2, 0.5, freedom / (freedom + t * t));
  return t > 0 ? 1 - tail : tail;
}

double StudentQuantile(double probability, double freedom) {
  if (freedom > kNormalFreedom) return NormalQuantile(probability);
  if (probability <= 0) return -kInfinity;
  if (probability >= 1) return kInfinity;
  if (probability > 0.5) return -StudentQuantile(1 - probability, freedom);
  double low = -1;
  while (StudentCdf(low, freedom) > probability && low > -1e150) low *= 4;
  return Invert([&](double t) { return StudentCdf(t, freedom); }, probability, low, 0);
}

double FisherTail(double f, double numerator, double denominator) {
  if (!(f > 0)) return 1;
  denominator = std::min(denominator, kNormalFreedom);
  return IncompleteBeta(denominator / 2, numerator / 2,
                        denominator / (denominator + numerator * f));
}

double Digamma(double x) {
  double result = 0;
  for (; x < 10; ++x) result -= 1 / x;
  const double y = 1 / (x * x);
  return result + std::log(x) - 0.5 / x -
         y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y / 132))));
}

double Trigamma(double x) {
  double result = 0;
  for (; x < 10; ++x) result += 1 / (x * x);
  const double y = 1 / (x * x);
  return result + 1 / x + 0.5 * y + y / x * (1.0 / 6 - y * (1.0 / 30 - y * (1.0 / 42 - y / 30)));
}

}  // namespace trainyard::studies
