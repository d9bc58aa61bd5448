// The Gaussian error linear unit and its slope against the C library's, in double precision.
#include "engine/layers/gelu_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace trainyard::layers {
namespace {

constexpr double kPi = 3.14159265358979323846;

double Distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double Slope(double x) { return Distribution(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * kPi); }

// An odd number of them, more than the kernels take at once.
std::vector<float> Points() {
  std::vector<float> points;
  for (int i = -6000; i <= 6000; ++i) points.push_back(static_cast<float>(i) / 500);
  for (const float far : {-1e20f, -100.0f, 100.0f, 1e20f}) points.push_back(far);
  return points;
}

TEST(GeluKernels, GiveXTimesItsDistribution) {
  const std::vector<float> x = Points();
  std::vector<float> y(x.size(), NAN);
  GeluForward(x.data(), static_cast<int64_t>(x.size()), y.data());
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = x[i] * Distribution(x[i]);
    ASSERT_NEAR(y[i], expected, 4e-7 * std::max(1.0, std::abs(expected))) << x[i];
  }
}

TEST(GeluKernels, TimesTheSlopeGiveTheGradient) {
  const std::vector<float> x = Points();
  const std::vector<float> by_y(x.size(), 2.0f);
  std::vector<float> by_x(x.size(), NAN);
  GeluBackward(x.data(), by_y.data(), static_cast<int64_t>(x.size()), by_x.data());
  for (size_t i = 0; i < x.size(); ++i) ASSERT_NEAR(by_x[i], 2 * Slope(x[i]), 1e-6) << x[i];
}

TEST(GeluKernels, KeepWhatIsNoNumber) {
  const float x = NAN;
  float y = 0;
  GeluForward(&x, 1, &y);
  EXPECT_TRUE(std::isnan(y));
}

}  // namespace
}  // namespace trainyard::layers
