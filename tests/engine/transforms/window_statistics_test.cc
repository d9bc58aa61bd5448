#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "engine/base/philox.h"
#include "tests/engine/transforms/fitted.h"

namespace trainyard {
namespace {

using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

std::vector<float> StatisticsOf(const RawMap& params, const Shape& shape,
                                const std::vector<float>& series) {
  return FitAndApply(*MakeTransform("window_statistics", params), shape, series);
}

// Mean 2, squares 1 + 9 + 1 + 9; every step crosses the mean; one cycle takes two values.
TEST(WindowStatistics, OfAnAlternation) {
  EXPECT_THAT(StatisticsOf({}, Shape({4}), {1, 3, 1, 3}),
              Pointwise(FloatNear(1e-6f), {2.0f, 1.0f, 1.0f, 3.0f, std::sqrt(5.0f), 1.0f, 0.5f}));
}

TEST(WindowStatistics, AFlatSeriesHasNoSpreadAndNoFrequency) {
  EXPECT_THAT(StatisticsOf({}, Shape({5}), std::vector<float>(5, 0.1f)),
              Pointwise(FloatNear(1e-7f), {0.1f, 0.0f, 0.1f, 0.1f, 0.1f, 0.0f, 0.0f}));
}

TEST(WindowStatistics, WindowsThenChannels) {
  // Two channels of five values, windows of two with stride two: the last value is left out.
  const std::vector<float> out =
      StatisticsOf({{"window", Value(2)}}, Shape({2, 5}), {1, 2, 3, 4, 9, 10, 20, 30, 40, 90});
  ASSERT_EQ(out.size(), 2u * 2 * 7);
  EXPECT_FLOAT_EQ(out[0], 1.5);
  EXPECT_FLOAT_EQ(out[7], 15);
  EXPECT_FLOAT_EQ(out[14], 3.5);
  EXPECT_FLOAT_EQ(out[21], 35);
  const RawMap overlapping = {{"window", Value(3)}, {"stride", Value(1)}};
  EXPECT_EQ(*MakeTransform("window_statistics", overlapping)->OutputShape(Shape({2, 5})),
            Shape({3 * 2 * 7}));
  // As npy gives arrays [samples, channels, length].
  EXPECT_EQ(*MakeTransform("window_statistics", overlapping)->OutputShape(Shape({1, 2, 5})),
            Shape({3 * 2 * 7}));
}

TEST(WindowStatistics, FindsTheFrequencyOfASine) {
  std::vector<float> series;
  for (int i = 0; i < 256; ++i)
    series.push_back(5 + static_cast<float>(std::sin(2 * std::numbers::pi * 12 * i / 256)));
  const std::vector<float> out = StatisticsOf({}, Shape({1, 256}), series);
  EXPECT_FLOAT_EQ(out[6], 12.0f / 256);
  EXPECT_NEAR(out[5], 23.0 / 255, 2.0 / 255);  // two crossings a cycle
}

// Against the definition of the spectrum, for lengths that are no power of two, too.
TEST(WindowStatistics, AgreesWithTheSlowFourierTransform) {
  const RandomStream stream(9, RandomPurpose::kSynthetic);
  for (const int64_t length : {2, 3, 7, 16, 50, 100}) {
    std::vector<float> series;
    double mean = 0;
    for (int64_t i = 0; i < length; ++i) {
      series.push_back(stream.Uniform(static_cast<uint64_t>(length), static_cast<uint64_t>(i)));
      mean += series.back() / static_cast<double>(length);
    }
    int64_t size = 1;
    while (size < length) size *= 2;
    double power = 0, frequency = 0;
    for (int64_t k = 1; k <= size / 2; ++k) {
      std::complex<double> sum = 0;
      for (int64_t i = 0; i < length; ++i) {
        const double angle =
            -2 * std::numbers::pi * static_cast<double>(k * i) / static_cast<double>(size);
        sum += (series[i] - mean) * std::polar(1.0, angle);
      }
      if (std::norm(sum) <= power * (1 + 1e-9)) continue;
      power = std::norm(sum);
      frequency = static_cast<double>(k) / static_cast<double>(size);
    }
    EXPECT_FLOAT_EQ(StatisticsOf({}, Shape({length}), series)[6], static_cast<float>(frequency))
        << length;
  }
}

TEST(WindowStatistics, RefusesWhatHasNoWindow) {
  const auto message = [](const RawMap& params, const Shape& shape) {
    return Message(MakeTransform("window_statistics", params)->OutputShape(shape).status());
  };
  EXPECT_THAT(message({}, Shape({3, 28, 28})),
              HasSubstr("takes series [channels, length] or [length]; samples have shape [3, 28"));
  EXPECT_THAT(message({{"window", Value(10)}}, Shape({3, 9})),
              HasSubstr("window: 10; series of shape [3, 9] have 9 values in a row"));
  EXPECT_THAT(message({}, Shape({4, 1})), HasSubstr("2 to 65536 are taken: set `window`"));
  EXPECT_THAT(message({}, Shape({100000})), HasSubstr("set `window`"));
  std::string wrong;
  MakeTransform("window_statistics", {{"window", Value(1)}}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("data.transforms[0].window"));
}

}  // namespace
}  // namespace trainyard
