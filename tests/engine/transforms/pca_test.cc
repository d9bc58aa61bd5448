#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "engine/base/philox.h"
#include "engine/transforms/principal.h"
#include "tests/engine/transforms/fitted.h"

namespace trainyard {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::HasSubstr;
using ::testing::Pointwise;

RawMap Components(double count, bool whiten = false) {
  return {{"components", Value(count)}, {"whiten", {whiten}}};
}

FittingSamples Fitting(const std::vector<float>& values, int64_t features) {
  FittingSamples fitting;
  fitting.shape = Shape({features});
  fitting.count = std::ssize(values) / features;
  fitting.read = [&values, features](int64_t i, float* out) {
    std::copy_n(values.data() + i * features, features, out);
  };
  return fitting;
}

PrincipalComponents Found(const FittingSamples& fitting, int64_t components) {
  auto found = FindPrincipalComponents(fitting, components);
  EXPECT_TRUE(found.ok()) << found.status();
  return *found;
}

// `count` samples of features that depend on one another, far from zero.
std::vector<float> Correlated(int64_t count, int64_t features) {
  const RandomStream stream(3, RandomPurpose::kSynthetic);
  std::vector<float> values;
  for (int64_t i = 0; i < count; ++i) {
    float last = 0;
    for (int64_t f = 0; f < features; ++f) {
      last = 0.8f * last + stream.Uniform(0, static_cast<uint64_t>(i * features + f));
      values.push_back(10 + last * static_cast<float>(f + 1));
    }
  }
  return values;
}

// Four points: variance 2 along the first axis and 1/2 along the second, about (5, 7).
const std::vector<float> kCross = {7, 7, 3, 7, 5, 8, 5, 6};

TEST(Pca, LargestVarianceFirst) {
  EXPECT_THAT(FitAndApply(*MakeTransform("pca", Components(2)), Shape({2}), kCross),
              Pointwise(FloatNear(1e-6f), {2, 0, -2, 0, 0, 1, 0, -1}));
  EXPECT_THAT(FitAndApply(*MakeTransform("pca", Components(1)), Shape({2}), kCross),
              Pointwise(FloatNear(1e-6f), {2, -2, 0, 0}));
}

TEST(Pca, WhitenedVarianceIsOne) {
  const float first = std::sqrt(2.0f);
  EXPECT_THAT(FitAndApply(*MakeTransform("pca", Components(2, true)), Shape({2}), kCross),
              Pointwise(FloatNear(1e-6f), {first, 0.0f, -first, 0.0f, 0.0f, first, 0.0f, -first}));
}

TEST(Pca, WhitenedDirectionsWithoutVarianceAreZero) {
  const std::vector<float> line = {1, 1, 2, 2, 3, 3};
  const std::vector<float> out =
      FitAndApply(*MakeTransform("pca", Components(2, true)), Shape({2}), line);
  for (size_t i = 1; i < out.size(); i += 2) EXPECT_EQ(out[i], 0);
  EXPECT_THAT(
      FitAndApply(*MakeTransform("pca", Components(1, true)), Shape({2}), std::vector<float>(6, 4)),
      Each(0));
}

// By the definition: covariance * direction = variance * direction, and directions are orthogonal.
TEST(PrincipalComponents, AreEigenvectorsOfTheCovariance) {
  constexpr int64_t kFeatures = 70, kCount = 1500, kComponents = 70;
  const std::vector<float> values = Correlated(kCount, kFeatures);
  const PrincipalComponents found = Found(Fitting(values, kFeatures), kComponents);
  std::vector<double> covariance(kFeatures * kFeatures);
  for (int64_t a = 0; a < kFeatures; ++a) {
    double mean = 0;
    for (int64_t i = 0; i < kCount; ++i) mean += double{values[i * kFeatures + a]} / kCount;
    EXPECT_NEAR(found.mean[a], mean, 1e-9);
  }
  for (int64_t a = 0; a < kFeatures; ++a) {
    for (int64_t b = 0; b < kFeatures; ++b) {
      for (int64_t i = 0; i < kCount; ++i) {
        covariance[a * kFeatures + b] += (values[i * kFeatures + a] - found.mean[a]) *
                                         (values[i * kFeatures + b] - found.mean[b]) / kCount;
      }
    }
  }
  for (int64_t c = 0; c < kComponents; ++c) {
    const double* direction = found.directions.data() + c * kFeatures;
    if (c > 0) {
      EXPECT_LE(found.variance[c], found.variance[c - 1]);
    }
    double largest = 0;
    for (int64_t a = 0; a < kFeatures; ++a) {
      double product = 0;
      for (int64_t b = 0; b < kFeatures; ++b)
        product += covariance[a * kFeatures + b] * direction[b];
      EXPECT_NEAR(product, found.variance[c] * direction[a], 1e-5 * found.variance[0]);
      if (std::abs(direction[a]) > std::abs(largest)) largest = direction[a];
    }
    EXPECT_GT(largest, 0);
    for (int64_t other = 0; other <= c; ++other) {
      const double product = std::inner_product(direction, direction + kFeatures,
                                                found.directions.data() + other * kFeatures, 0.0);
      EXPECT_NEAR(product, other == c ? 1 : 0, 1e-9);
    }
  }
}

// Features that are all zero change nothing but the way in which directions are found.
TEST(PrincipalComponents, ManyFeaturesGiveWhatFewGive) {
  constexpr int64_t kFeatures = 40, kCount = 300, kComponents = 5;
  constexpr int64_t kWide = kMostFeaturesOfCovariance + 10;
  const std::vector<float> values = Correlated(kCount, kFeatures);
  std::vector<float> wide(static_cast<size_t>(kCount * kWide));
  for (int64_t i = 0; i < kCount; ++i)
    std::copy_n(values.data() + i * kFeatures, kFeatures, wide.data() + i * kWide + 1000);
  const PrincipalComponents exact = Found(Fitting(values, kFeatures), kComponents);
  const PrincipalComponents found = Found(Fitting(wide, kWide), kComponents);
  for (int64_t c = 0; c < kComponents; ++c) {
    EXPECT_NEAR(found.variance[c] / exact.variance[c], 1, 1e-4) << c;
    for (int64_t f = 0; f < kFeatures; ++f) {
      EXPECT_NEAR(found.directions[c * kWide + 1000 + f], exact.directions[c * kFeatures + f], 2e-3)
          << c << " " << f;
    }
  }
}

TEST(PrincipalComponents, ThreadsChangeNoBit) {
  for (const int64_t features : {int64_t{130}, kMostFeaturesOfCovariance + 1}) {
    const std::vector<float> values = Correlated(1100, features);
    FittingSamples fitting = Fitting(values, features);
    const PrincipalComponents alone = Found(fitting, 3);
    ThreadPool pool(3);
    fitting.pool = &pool;
    EXPECT_EQ(Found(fitting, 3).directions, alone.directions) << features;
  }
}

TEST(PrincipalComponents, ManyComponentsOfFewSamples) {
  const int64_t features = kMostFeaturesOfCovariance + 1;
  const PrincipalComponents found = Found(Fitting(Correlated(8, features), features), 7);
  EXPECT_GT(found.variance[6], 0);
  for (double value : found.directions) EXPECT_TRUE(std::isfinite(value));
}

TEST(Pca, RestoredIsTheSame) {
  const std::vector<float> values = Correlated(50, 6);
  const auto fitted = MakeTransform("pca", Components(3, true));
  const std::vector<float> expected = FitAndApply(*fitted, Shape({6}), values);
  const auto restored = MakeTransform("pca", Components(3, true));
  ASSERT_TRUE(restored->Restore(Shape({6}), fitted->Fitted()).ok());
  EXPECT_EQ(restored->Fitted(), fitted->Fitted());
  std::vector<float> out(3);
  restored->Apply(Shape({6}), values.data(), out.data());
  EXPECT_THAT(out, ElementsAre(expected[0], expected[1], expected[2]));
}

TEST(Pca, RefusesValuesOfOtherSamples) {
  const auto fitted = MakeTransform("pca", Components(2));
  FitAndApply(*fitted, Shape({2}), kCross);
  const auto restored = MakeTransform("pca", Components(2));
  EXPECT_THAT(Message(restored->Restore(Shape({3}), fitted->Fitted())),
              HasSubstr("its fitted values are not those of samples of shape [3]"));
  EXPECT_FALSE(MakeTransform("pca", Components(1))->Restore(Shape({2}), fitted->Fitted()).ok());
  EXPECT_FALSE(MakeTransform("pca", Components(1))->Restore(Shape({2}), {}).ok());
}

TEST(Pca, RefusesMoreComponentsThanValues) {
  const auto transform = MakeTransform("pca", Components(5));
  EXPECT_THAT(Message(transform->OutputShape(Shape({1, 2, 2})).status()),
              HasSubstr("components: 5; samples of shape [1, 2, 2] have 4 values"));
  EXPECT_EQ(*transform->OutputShape(Shape({3, 4, 5})), Shape({5}));
  EXPECT_EQ(transform->fewest_samples(), 6);
  EXPECT_THAT(Message(transform->OutputShape(Shape({3, 1000, 1000})).status()),
              HasSubstr("at most 131072 are taken"));
}

TEST(Pca, RefusesBadParameters) {
  std::string wrong;
  MakeTransform("pca", {}, &wrong);
  EXPECT_THAT(wrong, HasSubstr("data.transforms[0].components: required"));
  MakeTransform("pca", Components(0), &wrong);
  EXPECT_THAT(wrong, HasSubstr("data.transforms[0].components"));
}

TEST(Pca, RefusesValuesWithoutSquares) {
  const std::vector<float> huge = {1e30f, 1, -1e30f, 2, 3, 4};
  const auto transform = MakeTransform("pca", Components(1));
  EXPECT_THAT(Message(transform->Fit(Fitting(huge, 2))), HasSubstr("put {type: standardize}"));
}

}  // namespace
}  // namespace trainyard
