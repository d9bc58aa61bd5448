#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/base/philox.h"
#include "engine/transforms/statistics.h"
#include "tests/engine/transforms/fitted.h"

namespace trainyard {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

TEST(Standardize, VectorsByFeature) {
  const auto transform = MakeTransform("standardize", {});
  // Features (1, 3) and (10, 30): means 2 and 20, deviations 1 and 10.
  EXPECT_THAT(FitAndApply(*transform, Shape({2}), {1, 10, 3, 30}), ElementsAre(-1, -1, 1, 1));
}

TEST(Standardize, ImagesByChannel) {
  const auto transform = MakeTransform("standardize", {});
  EXPECT_THAT(FitAndApply(*transform, Shape({2, 1, 2}), {1, 3, 10, 30}), ElementsAre(-1, 1, -1, 1));
}

TEST(Standardize, AllTogether) {
  const auto transform = MakeTransform("standardize", {{"per", Text("all")}});
  EXPECT_THAT(FitAndApply(*transform, Shape({2}), {1, 3, 1, 3}), ElementsAre(-1, 1, -1, 1));
}

TEST(Standardize, ImagesByFeature) {
  const auto transform = MakeTransform("standardize", {{"per", Text("feature")}});
  EXPECT_THAT(FitAndApply(*transform, Shape({1, 1, 2}), {1, 10, 3, 30}), ElementsAre(-1, -1, 1, 1));
}

TEST(Standardize, ConstantsBecomeZero) {
  const auto transform = MakeTransform("standardize", {});
  // 0.1 has no exact sum: its mean must not leave a spread of rounding.
  EXPECT_THAT(FitAndApply(*transform, Shape({1}), std::vector<float>(7, 0.1f)), Each(0.0f));
  EXPECT_THAT(FitAndApply(*transform, Shape({1}), {3e38f, 3e38f}), Each(0.0f));
}

TEST(Standardize, OneSampleBecomesZero) {
  EXPECT_THAT(FitAndApply(*MakeTransform("standardize", {}), Shape({3}), {1, -5, 1e30f}),
              Each(0.0f));
}

TEST(Standardize, ExtremeSpreadsStayFinite) {
  const float largest = std::numeric_limits<float>::max();
  const auto transform = MakeTransform("standardize", {});
  EXPECT_THAT(FitAndApply(*transform, Shape({1}), {-largest, largest}),
              Pointwise(FloatNear(1e-5f), {-1.0f, 1.0f}));
  const float tiny = std::numeric_limits<float>::denorm_min();
  for (float value : FitAndApply(*transform, Shape({1}), {0, tiny}))
    EXPECT_TRUE(std::isfinite(value));
}

TEST(Standardize, ALargeMeanCostsNoDigits) {
  const auto transform = MakeTransform("standardize", {});
  EXPECT_THAT(FitAndApply(*transform, Shape({1}), {16777214, 16777216}), ElementsAre(-1, 1));
}

TEST(Standardize, ChannelsNeedImages) {
  std::string wrong;
  const auto transform = MakeTransform("standardize", {{"per", Text("channel")}}, &wrong);
  EXPECT_THAT(Message(transform->OutputShape(Shape({4})).status()),
              HasSubstr("per: samples of shape [4] have no channels"));
  MakeTransform("standardize", {{"per", Text("chanel")}}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("did you mean 'channel'?"));
}

// Bytes take another way (integers): it must give what doubles give.
TEST(ComputeStatistics, BytesAgreeWithFloats) {
  const Shape shape({3, 5, 7});
  const int64_t count = 400;
  const RandomStream stream(1, RandomPurpose::kSynthetic);
  std::vector<uint8_t> bytes(static_cast<size_t>(count * shape.elements()));
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(stream.Below(0, i, i % 105 == 3 ? 1 : 256));
  FittingSamples fitting;
  fitting.shape = shape;
  fitting.count = count;
  fitting.byte_scale = 1.0 / 255;
  fitting.read = [&](int64_t sample, float* out) {
    for (int64_t i = 0; i < 105; ++i) out[i] = static_cast<float>(bytes[sample * 105 + i]) / 255;
  };
  for (int64_t groups : {1, 3, 105}) {
    fitting.bytes = nullptr;
    const GroupStatistics floats = ComputeStatistics(fitting, groups);
    fitting.bytes = [&](int64_t sample) { return bytes.data() + sample * 105; };
    const GroupStatistics exact = ComputeStatistics(fitting, groups);
    EXPECT_THAT(exact.mean, Pointwise(::testing::DoubleNear(1e-7), floats.mean)) << groups;
    EXPECT_THAT(exact.deviation, Pointwise(::testing::DoubleNear(1e-7), floats.deviation))
        << groups;
    EXPECT_THAT(exact.minimum, Pointwise(::testing::DoubleNear(1e-7), floats.minimum)) << groups;
    EXPECT_THAT(exact.maximum, Pointwise(::testing::DoubleNear(1e-7), floats.maximum)) << groups;
  }
}

// More samples than a block of 32-bit sums holds, all of the largest byte.
TEST(ComputeStatistics, SumsOfManyBytesDoNotOverflow) {
  const std::vector<uint8_t> row(70000, 255);
  FittingSamples fitting;
  fitting.byte_scale = 1;
  fitting.bytes = [&](int64_t) { return row.data(); };
  fitting.shape = Shape({1, 1, 70000});
  fitting.count = 2;
  EXPECT_EQ(ComputeStatistics(fitting, 1).mean[0], 255);
  fitting.shape = Shape({2});
  fitting.count = 140000;
  const GroupStatistics statistics = ComputeStatistics(fitting, 2);
  EXPECT_THAT(statistics.mean, ElementsAre(255, 255));
  EXPECT_THAT(statistics.deviation, ElementsAre(0, 0));
}

}  // namespace
}  // namespace trainyard
