#include "client/figures/scale.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/figures/sample_figures.h"

namespace trainyard::figures {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Axis Linear() { return {"", "", Scale::kLinear}; }
Axis Log() { return {"", "", Scale::kLog10}; }

// As in a terminal: a label takes its letters and one more.
Ticks Fit(const AxisRange& range, double length, int most) {
  return FitTicks(
      range, NumberFormat::kPlain, length, most,
      [](const std::string& label) { return label.size() + 1.0; }, false);
}

TEST(AxisRange, MapsBothWays) {
  const AxisRange linear(Scale::kLinear, 10, 20);
  EXPECT_DOUBLE_EQ(linear.Share(15), 0.5);
  EXPECT_DOUBLE_EQ(linear.At(0.5), 15);
  const AxisRange log(Scale::kLog10, 1, 10000);
  EXPECT_DOUBLE_EQ(log.Share(100), 0.5);
  EXPECT_NEAR(log.At(0.25), 10, 1e-12);
}

TEST(AxisRange, HasNoPlaceForWhatItCannotShow) {
  const AxisRange log(Scale::kLog10, 1, 10);
  for (const double value : {0.0, -1.0, kNothing, kInfinity}) {
    EXPECT_TRUE(std::isnan(log.Share(value))) << value;
  }
  EXPECT_TRUE(std::isnan(AxisRange(Scale::kLinear, 0, 1).Share(-kInfinity)));
}

TEST(RangeOf, LeavesAMargin) {
  const auto range = RangeOf(Linear(), {100, 200});
  EXPECT_DOUBLE_EQ(range->low(), 96);
  EXPECT_DOUBLE_EQ(range->high(), 204);
  const auto log = RangeOf(Log(), {10, 1000});
  EXPECT_NEAR(log->low(), 10 / std::pow(100, 0.04), 1e-9);
}

TEST(RangeOf, StepsOverNoNaturalEnd) {
  EXPECT_EQ(RangeOf(Linear(), {0, 200})->low(), 0);
  Axis percent = Linear();
  percent.format = NumberFormat::kPercent;
  EXPECT_EQ(RangeOf(percent, {0.5, 1})->high(), 1);
}

TEST(RangeOf, IgnoresWhatTheAxisCannotShow) {
  const auto range = RangeOf(Log(), {kNothing, -5, 0, kInfinity, 10, 100});
  EXPECT_GT(range->low(), 8);
  EXPECT_EQ(RangeOf(Linear(), {}), std::nullopt);
  EXPECT_FALSE(RangeOf(Log(), {0, -1, kNothing}).has_value());
}

TEST(RangeOf, OpensUpASingleValue) {
  for (const double value : {0.0, 5.0, -3.0, 1e-300, 1e299}) {
    const auto range = RangeOf(Linear(), {value, value});
    EXPECT_LT(range->low(), value + 1e-300) << value;
    EXPECT_GT(range->high(), value) << value;
  }
  EXPECT_LT(RangeOf(Log(), {7})->low(), 7);
}

TEST(RangeOf, TakesEndsThatAreGiven) {
  Axis axis = Linear();
  axis.low = 0;
  axis.high = 1;
  EXPECT_EQ(RangeOf(axis, {5, 7})->high(), 1);
  axis.low = 9;  // above the other end
  const auto range = RangeOf(axis, {5, 7});
  EXPECT_LT(range->low(), range->high());
  Axis log = Log();
  log.low = -1;  // no place on it
  EXPECT_GT(RangeOf(log, {5, 7})->low(), 0);
}

TEST(FitTicks, StandsAtOneTwoAndFive) {
  EXPECT_THAT(Fit(AxisRange(Scale::kLinear, 0, 10), 80, 5).values, ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(Fit(AxisRange(Scale::kLinear, 0.03, 0.32), 80, 6).values,
              ElementsAre(0.05, 0.1, 0.15, 0.2, 0.25, 0.3));
}

TEST(FitTicks, StandsAtDecades) {
  const Ticks ticks = Fit(AxisRange(Scale::kLog10, 80, 70000), 80, 4);
  EXPECT_THAT(ticks.labels, ElementsAre("100", "1,000", "10,000"));
  EXPECT_THAT(ticks.minor, testing::Contains(200));
  EXPECT_THAT(ticks.minor, testing::Not(testing::Contains(1000)));
}

TEST(FitTicks, SubdividesShortLogarithmicAxes) {
  EXPECT_THAT(Fit(AxisRange(Scale::kLog10, 0.04, 0.6), 80, 8).values,
              ElementsAre(0.05, 0.1, 0.2, 0.5));
  EXPECT_GE(Fit(AxisRange(Scale::kLog10, 0.11, 0.19), 80, 8).values.size(), 3u)
      << "within a decade, as on a linear axis";
}

TEST(FitTicks, ThinsDecadesThatHaveNoRoom) {
  const Ticks ticks = Fit(AxisRange(Scale::kLog10, 1e-200, 1e200), 60, 8);
  EXPECT_GE(ticks.values.size(), 2u);
  EXPECT_LE(ticks.values.size(), 9u);
}

TEST(FitTicks, FitsAnyRangeWithoutOverlap) {
  Noise noise(7);
  for (int i = 0; i < 3000; ++i) {
    const Scale scale = i % 2 == 0 ? Scale::kLinear : Scale::kLog10;
    const double size = std::pow(10.0, noise.Next() * 40 - 20);
    const double low = scale == Scale::kLog10 ? size : size * (noise.Next() - 0.5);
    const double high = scale == Scale::kLog10
                            ? low * (1.01 + std::pow(10.0, noise.Next() * 12 - 3))
                            : low + std::abs(low) * 1e-6 + size * noise.Next();
    if (!(low < high)) continue;
    const AxisRange range(scale, low, high);
    const double length = 20 + noise.Next() * 200;
    const Ticks ticks = Fit(range, length, 2 + static_cast<int>(noise.Next() * 10));
    double end = -1e9;
    for (size_t tick = 0; tick < ticks.values.size(); ++tick) {
      const double share = range.Share(ticks.values[tick]);
      EXPECT_GE(share, -1e-6);
      EXPECT_LE(share, 1 + 1e-6);
      const double half = (static_cast<double>(ticks.labels[tick].size()) + 1) / 2;
      EXPECT_GE(share * length - half, end - 1e-6) << low << " to " << high;
      end = share * length + half;
    }
  }
}

TEST(FitTicks, EndsOnRangesThatNoStepDivides) {
  const double next = std::nextafter(1e15, 2e15);
  EXPECT_LE(Fit(AxisRange(Scale::kLinear, 1e15, next), 80, 8).values.size(), 9u);
  EXPECT_LE(Fit(AxisRange(Scale::kLinear, -1e300, 1e300), 80, 8).values.size(), 9u);
  EXPECT_LE(Fit(AxisRange(Scale::kLinear, 0, 1e-300), 80, 8).values.size(), 9u);
}

}  // namespace
}  // namespace trainyard::figures
