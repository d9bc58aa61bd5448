#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/initializers/initializer.h"
#include "tests/engine/component.h"

namespace trainyard {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

constexpr size_t kMany = 40000;

std::vector<float> Fill(const std::string& type, RawMap params, const Fans& fans = {},
                        size_t count = kMany, uint64_t seed = 1) {
  const RandomStream stream(seed, RandomPurpose::kInitialization);
  std::vector<float> values(count, 99.0f);
  MakeOne(initializers::MakeCatalog(), type, std::move(params))
      ->Fill(stream, fans, absl::MakeSpan(values));
  return values;
}

RawValue Text(const char* text) { return RawValue{std::string(text)}; }

struct Moments {
  explicit Moments(const std::vector<float>& values) {
    for (float value : values) mean += value / values.size();
    for (float value : values) {
      variance += (value - mean) * (value - mean) / values.size();
      fourth += std::pow(value - mean, 4) / values.size();
      largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
  }
  // 3 for a normal distribution, 1.8 for a uniform one.
  double kurtosis() const { return fourth / (variance * variance); }

  double mean = 0;
  double variance = 0;
  double fourth = 0;
  double largest = 0;
};

// The variance of a sample of kMany has a relative standard error of sqrt(2 / kMany) = 0.7 %.
constexpr double kVarianceError = 0.035;

TEST(InitializersTest, ConstantsFillWithOneValue) {
  EXPECT_THAT(Fill("zeros", {}, {}, 5), Each(0.0f));
  EXPECT_THAT(Fill("ones", {}, {}, 5), Each(1.0f));
  EXPECT_THAT(Fill("constant", {{"value", RawValue{-0.5}}}, {}, 5), Each(-0.5f));
}

TEST(InitializersTest, UniformStaysWithinItsBounds) {
  const Moments moments(Fill("uniform", {{"low", RawValue{-2.0}}, {"high", RawValue{6.0}}}));
  EXPECT_NEAR(moments.mean, 2, 0.06);
  EXPECT_NEAR(moments.variance, 64.0 / 12, 64.0 / 12 * kVarianceError);
  EXPECT_LE(moments.largest, 6);
  EXPECT_NEAR(moments.kurtosis(), 1.8, 0.1);
}

TEST(InitializersTest, NormalHasItsMoments) {
  const Moments moments(Fill("normal", {{"mean", RawValue{3.0}}, {"stddev", RawValue{0.5}}}));
  EXPECT_NEAR(moments.mean, 3, 0.0125);
  EXPECT_NEAR(moments.variance, 0.25, 0.25 * kVarianceError);
  EXPECT_NEAR(moments.kurtosis(), 3, 0.13);
}

// fan_in 200, fan_out 300: variance 2 / 500.
TEST(InitializersTest, GlorotHasItsVariance) {
  const Fans fans{200, 300};
  const Moments uniform(Fill("glorot", {}, fans));
  EXPECT_NEAR(uniform.variance, 0.004, 0.004 * kVarianceError);
  EXPECT_LE(uniform.largest, std::sqrt(6.0 / 500) * 1.000001);
  const Moments normal(
      Fill("glorot", {{"distribution", Text("normal")}, {"gain", RawValue{2.0}}}, fans));
  EXPECT_NEAR(normal.variance, 0.016, 0.016 * kVarianceError);
  EXPECT_NEAR(normal.kurtosis(), 3, 0.13);
}

TEST(InitializersTest, HeHasItsVariance) {
  const Fans fans{200, 400};
  const Moments uniform(Fill("he", {}, fans));
  EXPECT_NEAR(uniform.variance, 0.01, 0.01 * kVarianceError);
  EXPECT_LE(uniform.largest, std::sqrt(6.0 / 200) * 1.000001);
  const Moments normal(
      Fill("he", {{"distribution", Text("normal")}, {"mode", Text("fan_out")}}, fans));
  EXPECT_NEAR(normal.variance, 0.005, 0.005 * kVarianceError);
  EXPECT_NEAR(normal.kurtosis(), 3, 0.13);
}

// PyTorch fills linear layers from U(-1 / sqrt(fan_in), 1 / sqrt(fan_in)).
TEST(InitializersTest, HeWithTheSlopeRootOfFiveIsPyTorchsDefault) {
  const Moments moments(Fill("he", {{"negative_slope", RawValue{std::sqrt(5.0)}}}, Fans{100, 7}));
  EXPECT_LE(moments.largest, 0.1 * 1.000001);
  EXPECT_GT(moments.largest, 0.0999);
}

class RandomInitializerTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RandomInitializerTest, AnElementDependsOnItsPlaceOnly) {
  const std::vector<float> many = Fill(GetParam(), {}, {10, 10}, 1001);
  for (size_t count : {1, 2, 3, 4, 5, 1000}) {
    const std::vector<float> few = Fill(GetParam(), {}, {10, 10}, count);
    EXPECT_EQ(few, std::vector<float>(many.begin(), many.begin() + count));
  }
}

TEST_P(RandomInitializerTest, AnotherSeedGivesOtherValues) {
  EXPECT_NE(Fill(GetParam(), {}, {10, 10}, 8, 1), Fill(GetParam(), {}, {10, 10}, 8, 2));
}

TEST_P(RandomInitializerTest, NeighboursAreNotCorrelated) {
  const std::vector<float> values = Fill(GetParam(), {}, {10, 10});
  for (size_t distance : {1, 2, 3, 4}) {
    double products = 0, squares = 0;
    for (size_t i = 0; i + distance < values.size(); ++i) {
      products += values[i] * values[i + distance];
      squares += values[i] * values[i];
    }
    EXPECT_NEAR(products / squares, 0, 5 / std::sqrt(static_cast<double>(kMany))) << distance;
  }
}

TEST_P(RandomInitializerTest, FillsNothing) { EXPECT_TRUE(Fill(GetParam(), {}, {}, 0).empty()); }

INSTANTIATE_TEST_SUITE_P(Types, RandomInitializerTest,
                         ::testing::Values("uniform", "normal", "glorot", "he"));

TEST(InitializersTest, RefuseWrongParameters) {
  const auto catalog = initializers::MakeCatalog();
  EXPECT_THAT(ViolationsOf(catalog, "uniform", {{"low", RawValue{1.0}}, {"high", RawValue{-1.0}}}),
              ElementsAre("it.low: must not be above high"));
  EXPECT_THAT(ViolationsOf(catalog, "normal", {{"stddev", RawValue{-1.0}}}),
              ElementsAre("it.stddev: expected number in [0, 1e+20], got -1"));
  EXPECT_THAT(ViolationsOf(catalog, "constant", {}),
              ElementsAre("it.value: required: number in [-1e+30, 1e+30]"));
  EXPECT_THAT(ViolationsOf(catalog, "he", {{"mode", Text("fan")}}),
              ElementsAre("it.mode: unknown value 'fan'; known: fan_in, fan_out"));
  EXPECT_THAT(ViolationsOf(catalog, "glorot", {{"gain", RawValue{0.0}}}),
              ElementsAre("it.gain: expected number in (0, 1000000], got 0"));
}

}  // namespace
}  // namespace trainyard
