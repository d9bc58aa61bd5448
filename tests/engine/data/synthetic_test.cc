#include "engine/data/synthetic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "engine/base/status.h"
#include "tests/engine/data/make_source.h"

namespace trainyard {
namespace {

using ::testing::HasSubstr;

Samples Load(const std::string& type, const RawMap& params) {
  return *MakeSource(type, params)->Load(DataRoots());
}

RawMap Sized(double samples, double test_samples = 0) {
  return {{"samples", Value(samples)}, {"test_samples", Value(test_samples)}};
}

double SquaredDistance(const float* a, const std::vector<double>& b) {
  double sum = 0;
  for (size_t i = 0; i < b.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

// Share of samples nearest to another class's mean: what the best classifier errs, estimated.
double NearestMeanError(const Samples& samples) {
  const std::vector<float> values = Floats(samples);
  const int64_t features = samples.info.input_shape.elements();
  std::vector<std::vector<double>> means(samples.info.classes, std::vector<double>(features));
  std::vector<double> counts(samples.info.classes);
  for (int64_t i = 0; i < samples.count; ++i) {
    for (int64_t f = 0; f < features; ++f) means[samples.labels[i]][f] += values[i * features + f];
    ++counts[samples.labels[i]];
  }
  for (size_t c = 0; c < means.size(); ++c) {
    for (double& value : means[c]) value /= counts[c];
  }
  int64_t wrong = 0;
  for (int64_t i = 0; i < samples.count; ++i) {
    size_t best = 0;
    for (size_t c = 1; c < means.size(); ++c) {
      const float* row = values.data() + i * features;
      if (SquaredDistance(row, means[c]) < SquaredDistance(row, means[best])) best = c;
    }
    wrong += static_cast<int32_t>(best) != samples.labels[i];
  }
  return static_cast<double>(wrong) / static_cast<double>(samples.count);
}

TEST(SimplexBayesError, OfTwoClassesIsANormalTail) {
  EXPECT_NEAR(SimplexBayesError(2, 2), 0.15865525393145707, 1e-15);  // Phi(-1)
  EXPECT_NEAR(SimplexBayesError(2, 0), 0.5, 1e-15);
}

TEST(SimplexBayesError, OfMoreClasses) {
  EXPECT_NEAR(SimplexBayesError(3, 0), 2.0 / 3, 1e-9);
  EXPECT_NEAR(SimplexBayesError(10, 0), 0.9, 1e-9);
  // Far apart, errors between pairs hardly overlap: nearly 9 Phi(-6), and no digits are lost.
  EXPECT_NEAR(SimplexBayesError(10, 12) / (9 * SimplexBayesError(2, 12)), 1, 2e-3);
  // Between one pair of classes and the union bound over all of them.
  EXPECT_GT(SimplexBayesError(5, 3), SimplexBayesError(2, 3));
  EXPECT_LT(SimplexBayesError(5, 3), 4 * SimplexBayesError(2, 3));
}

TEST(WithLabelNoise, ByHand) {
  EXPECT_NEAR(WithLabelNoise(0.1, 2, 0.2), 0.1 * 0.8 + 0.9 * 0.2, 1e-15);
  EXPECT_NEAR(WithLabelNoise(0, 10, 0.3), 0.3, 1e-15);
  EXPECT_NEAR(WithLabelNoise(2.0 / 3, 3, 0.4), 2.0 / 3, 1e-15);  // guessing stays guessing
}

TEST(SyntheticGaussian, HasTheErrorThatItNames) {
  for (double classes : {2.0, 4.0}) {
    RawMap params = Sized(20000);
    params["classes"] = Value(classes);
    params["features"] = Value(5);
    params["label_noise"] = Value(0.1);
    const Samples samples = Load("synthetic_gaussian", params);
    // Three standard errors of 20,000 samples.
    EXPECT_NEAR(NearestMeanError(samples), *samples.info.best_error, 0.01) << classes;
  }
}

TEST(SyntheticImages, HasTheErrorThatItNames) {
  RawMap params = Sized(8000);
  params["separation"] = Value(3);
  params["height"] = Value(6);
  params["width"] = Value(5);
  params["channels"] = Value(2);
  const Samples samples = Load("synthetic_images", params);
  EXPECT_EQ(samples.info.input_shape, Shape({2, 6, 5}));
  EXPECT_NEAR(NearestMeanError(samples), *samples.info.best_error, 0.02);
}

TEST(SyntheticXor, HasTheErrorThatItNames) {
  RawMap params = Sized(20000);
  params["separation"] = Value(2);
  const Samples samples = Load("synthetic_xor", params);
  const std::vector<float> values = Floats(samples);
  int64_t wrong = 0;
  for (int64_t i = 0; i < samples.count; ++i) {
    wrong +=
        static_cast<int32_t>((values[2 * i] > 0) != (values[2 * i + 1] > 0)) != samples.labels[i];
  }
  EXPECT_NEAR(*samples.info.best_error, 2 * 0.1586552539 * (1 - 0.1586552539), 1e-9);
  EXPECT_NEAR(static_cast<double>(wrong) / 20000, *samples.info.best_error, 0.01);
}

TEST(SyntheticRegression, LinearTeacherLeavesTheNoise) {
  RawMap params = Sized(20000);
  params["features"] = Value(1);
  params["noise"] = Value(0.5);
  const Samples samples = Load("synthetic_regression", params);
  const std::vector<float> x = Floats(samples);
  const std::vector<float> y = TargetsOf(samples);
  double xy = 0, xx = 0, squares = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    xy += x[i] * y[i];
    xx += x[i] * x[i];
  }
  for (size_t i = 0; i < x.size(); ++i) squares += std::pow(y[i] - xy / xx * x[i], 2);
  EXPECT_NEAR(std::abs(xy / xx), 1, 0.02);
  EXPECT_NEAR(squares / 20000, 0.25, 0.01);
  EXPECT_DOUBLE_EQ(*samples.info.best_error, 0.25);
}

TEST(SyntheticRegression, SineTeacherOfOneFeature) {
  RawMap params = Sized(100);
  params["features"] = Value(1);
  params["noise"] = Value(0);
  params["teacher"] = Text("sine");
  const Samples samples = Load("synthetic_regression", params);
  const std::vector<float> x = Floats(samples);
  const std::vector<float> y = TargetsOf(samples);
  const double sign = std::sin(M_PI * x[0]) * y[0] > 0 ? 1 : -1;
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], sign * std::sin(M_PI * x[i]), 1e-5);
}

TEST(Synthetic, ALargerSetBeginsWithASmallerOne) {
  for (const char* type :
       {"synthetic_gaussian", "synthetic_xor", "synthetic_images", "synthetic_regression"}) {
    const Samples small = Load(type, Sized(10, 5));
    const Samples large = Load(type, Sized(20, 5));
    const int64_t features = small.info.input_shape.elements();
    const std::vector<float> a = Floats(small), b = Floats(large);
    EXPECT_TRUE(std::equal(a.begin(), a.begin() + 10 * features, b.begin())) << type;
    // And the test part is the same.
    EXPECT_TRUE(std::equal(a.begin() + 10 * features, a.end(), b.begin() + 20 * features)) << type;
    EXPECT_FALSE(std::equal(a.begin(), a.begin() + 5 * features, a.begin() + 10 * features))
        << type;
    EXPECT_EQ(small.train_count, 10);
    EXPECT_EQ(small.count, 15);
  }
}

TEST(Synthetic, SeedsDiffer) {
  RawMap params = Sized(10);
  params["seed"] = Value(1);
  EXPECT_NE(Floats(Load("synthetic_gaussian", Sized(10))),
            Floats(Load("synthetic_gaussian", params)));
  EXPECT_EQ(Floats(Load("synthetic_gaussian", params)), Floats(Load("synthetic_gaussian", params)));
}

TEST(Synthetic, DescribesWhatItLoads) {
  const auto described = MakeSource("synthetic_images", Sized(10, 5))->Describe(DataRoots());
  EXPECT_EQ(described->count, 15);
  EXPECT_EQ(described->train_count, 10);
  EXPECT_EQ(described->memory_bytes, 15 * 256 * 4);
}

TEST(Synthetic, RefusesWhatDoesNotFit) {
  const auto wrong = [](const char* type, const RawMap& params) {
    Violations violations;
    MakeSource(type, params, violations);
    return Message(violations.ToStatus());
  };
  EXPECT_THAT(wrong("synthetic_gaussian", {{"classes", Value(30)}}),
              HasSubstr("data.source.features: expected at least 30"));
  EXPECT_THAT(wrong("synthetic_gaussian", {{"samples", Value(1e8)}, {"features", Value(65536)}}),
              HasSubstr("data.source.samples: 100000000 samples of 65536 features are more than"));
  EXPECT_THAT(wrong("synthetic_images", {{"classes", Value(256)}}),
              HasSubstr("expected fewer than height * width = 256"));
  EXPECT_THAT(wrong("synthetic_xor", {{"features", Value(1)}}), HasSubstr("data.source.features"));
  EXPECT_THAT(wrong("synthetic_regression", {{"noise", Value(-1)}}),
              HasSubstr("data.source.noise"));
}

}  // namespace
}  // namespace trainyard
