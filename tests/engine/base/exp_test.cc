#include "engine/base/exp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace trainyard {
namespace {

TEST(ExpTest, IsWithinTwoUnitsInTheLastPlace) {
  double worst = 0;
  for (double x = -87.0; x <= 88.0; x += 1.0 / 1024 + 1e-7) {
    const float argument = static_cast<float>(x);
    const double exact = std::exp(static_cast<double>(argument));
    const float rounded = static_cast<float>(exact);
    const double unit = std::nextafter(rounded, std::numeric_limits<float>::infinity()) - rounded;
    worst = std::max(worst, std::abs(Exp(argument) - exact) / unit);
  }
  EXPECT_LT(worst, 2.0);
}

TEST(ExpTest, OfZeroIsOne) {
  EXPECT_EQ(Exp(0.0f), 1.0f);
  EXPECT_EQ(Exp(-0.0f), 1.0f);
}

TEST(ExpTest, EndsInZeroAndInAFiniteNumber) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Exp(-87.5f), 0.0f);
  EXPECT_EQ(Exp(-kInfinity), 0.0f);
  EXPECT_EQ(Exp(1000.0f), Exp(88.0f));
  EXPECT_EQ(Exp(kInfinity), Exp(88.0f));
}

TEST(ExpTest, KeepsNan) { EXPECT_TRUE(std::isnan(Exp(std::nanf("")))); }

}  // namespace
}  // namespace trainyard
