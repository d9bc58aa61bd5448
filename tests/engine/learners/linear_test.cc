// logistic_regression, linear_svm and linear_regression against answers worked by hand and a slow
// gradient descent in double.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/learners/learner_fixture.h"

namespace trainyard::learners {
namespace {

using ::testing::HasSubstr;

using LinearTest = LearnerTest;

// x = -1 of class 0, x = 1 of class 1: by symmetry the bias is 0 and
// f(w) = w^2 / 2 + 2 c log(1 + exp(-w)), so that w = 2 c / (1 + exp(w)): w = 0.7388350 for c = 1.
TEST_F(LinearTest, LogisticRegressionOfTwoPoints) {
  Table table = ClassTable(1, 2);
  table.Add({-1}, 0);
  table.Add({1}, 1);
  const auto learner = Make("logistic_regression", {{"tolerance", Value(1e-7)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  const auto tensors = learner->Export();
  const float w = TensorNamed(tensors, "weight").values[0];
  EXPECT_NEAR(w, 2 / (1 + std::exp(w)), 1e-5);
  EXPECT_NEAR(TensorNamed(tensors, "bias").values[0], 0, 1e-5);
  // Half the score for each class: their softmax is the logistic function of the score.
  const std::vector<float> outputs = Predict(*learner, table);
  EXPECT_NEAR(outputs[3] - outputs[2], w, 1e-5);
}

// The same points: f(w) = w^2 / 2 + 2 c (1 - w)^2, so that w = 4 c / (1 + 4 c).
TEST_F(LinearTest, LinearSvmOfTwoPoints) {
  Table table = ClassTable(1, 2);
  table.Add({-1}, 0);
  table.Add({1}, 1);
  for (const double c : {0.1, 1.0, 25.0}) {
    const auto learner = Make("linear_svm", {{"c", Value(c)}, {"tolerance", Value(1e-7)}});
    ASSERT_TRUE(Fit(*learner, table).ok());
    EXPECT_NEAR(TensorNamed(learner->Export(), "weight").values[0], 4 * c / (1 + 4 * c), 1e-4);
    EXPECT_FALSE(learner->has_probabilities());
  }
}

TEST_F(LinearTest, LinearRegressionFindsAPlane) {
  const Table table = Plane(200, 3);
  const auto learner = Make("linear_regression", {{"c", Value(1e6)}, {"tolerance", Value(1e-8)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  const auto tensors = learner->Export();
  const std::vector<float>& w = TensorNamed(tensors, "weight").values;
  EXPECT_NEAR(w[0], 2, 1e-3);
  EXPECT_NEAR(w[1], -1, 1e-3);
  EXPECT_NEAR(w[2], 0, 1e-3);
  EXPECT_NEAR(TensorNamed(tensors, "bias").values[0], 0.5, 1e-3);
}

// Plain gradient descent on the softmax objective, in double.
std::vector<double> SlowSoftmax(const Table& table, double c, int iterations) {
  const int64_t n = table.count();
  const int64_t d = table.features;
  const int64_t k = table.info.classes;
  std::vector<double> x(static_cast<size_t>(k * (d + 1)));
  for (int iteration = 0; iteration < iterations; ++iteration) {
    std::vector<double> gradient(x.size());
    for (int64_t i = 0; i < n; ++i) {
      std::vector<double> p(k);
      double sum = 0;
      for (int64_t j = 0; j < k; ++j) {
        double score = x[k * d + j];
        for (int64_t f = 0; f < d; ++f) score += x[j * d + f] * table.values[i * d + f];
        p[j] = std::exp(score);
        sum += p[j];
      }
      for (int64_t j = 0; j < k; ++j) {
        const double derivative = p[j] / sum - (table.labels[i] == j ? 1 : 0);
        for (int64_t f = 0; f < d; ++f)
          gradient[j * d + f] += derivative * table.values[i * d + f] / n;
        gradient[k * d + j] += derivative / n;
      }
    }
    for (size_t i = 0; i < x.size(); ++i)
      x[i] -= 0.5 * (gradient[i] + (i < static_cast<size_t>(k * d) ? x[i] / (c * n) : 0));
  }
  return x;
}

TEST_F(LinearTest, SoftmaxAgreesWithSlowDescent) {
  const Table table = Clouds(60, 4, 3, 1, 1.5);
  const auto learner = Make("logistic_regression", {{"c", Value(0.5)}, {"tolerance", Value(1e-7)}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  const std::vector<double> slow = SlowSoftmax(table, 0.5, 3000);
  const std::vector<float> fast = TensorNamed(learner->Export(), "weight").values;
  for (size_t i = 0; i < fast.size(); ++i) EXPECT_NEAR(fast[i], slow[i], 2e-3) << i;
}

TEST_F(LinearTest, AnL1PenaltyMakesUselessWeightsZero) {
  Table table = Clouds(300, 12, 2, 4);
  for (int64_t i = 0; i < table.count(); ++i) {  // only the first two features tell anything
    for (int64_t f = 2; f < 12; ++f) table.values[i * 12 + f] = 0.1f * ((i * 7 + f * 13) % 11);
  }
  const auto learner = Make("logistic_regression", {{"c", Value(0.05)}, {"penalty", Text("l1")}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  const std::vector<float> w = TensorNamed(learner->Export(), "weight").values;
  EXPECT_EQ(std::count(w.begin() + 2, w.end(), 0.0f), 10);
  EXPECT_NE(w[0], 0);
  EXPECT_GT(Accuracy(*learner, table), 0.8);
}

TEST_F(LinearTest, OneVsRestGivesNormalisableProbabilities) {
  const Table table = Clouds(200, 6, 4, 2);
  const auto learner = Make("logistic_regression", {{"multiclass", Text("one_vs_rest")}});
  ASSERT_TRUE(Fit(*learner, table).ok());
  EXPECT_GT(Accuracy(*learner, table), 0.8);
  for (const float output : Predict(*learner, table)) EXPECT_LE(output, 0);
}

TEST_F(LinearTest, LosesNothingOnConstantFeaturesAndWithMoreFeaturesThanSamples) {
  Table table = Clouds(12, 40, 2, 9);
  for (int64_t i = 0; i < table.count(); ++i) table.values[i * 40 + 39] = 3;
  for (const char* type : {"logistic_regression", "linear_svm"}) {
    const auto learner = Make(type, {{"c", Value(100)}});
    ASSERT_TRUE(Fit(*learner, table).ok());
    EXPECT_EQ(Accuracy(*learner, table), 1) << type;
  }
}

TEST_F(LinearTest, OneClassIsPredictedAlways) {
  Table table = ClassTable(2, 3);
  for (int i = 0; i < 10; ++i) table.Add({static_cast<float>(i), 1}, 2);
  for (const char* type : {"logistic_regression", "linear_svm"}) {
    const auto learner = Make(type);
    ASSERT_TRUE(Fit(*learner, table).ok());
    EXPECT_EQ(Accuracy(*learner, table), 1) << type;
  }
}

TEST_F(LinearTest, ValuesTooLargeToSumAreRefusedWithACure) {
  Table table = ClassTable(1, 2);
  table.Add({3e38f}, 0);
  table.Add({-3e38f}, 1);
  table.Add({3e38f}, 1);
  const auto learner = Make("logistic_regression");
  const absl::Status status = Fit(*learner, table);
  // It may as well learn; it may not crash, nor give weights that are no numbers.
  if (status.ok()) {
    const std::vector<NamedTensor> tensors = learner->Export();
    for (float w : TensorNamed(tensors, "weight").values) EXPECT_TRUE(std::isfinite(w));
  } else {
    EXPECT_THAT(Message(status), HasSubstr("standardise"));
  }
}

TEST_F(LinearTest, SaysWhenItDidNotConverge) {
  const auto learner = Make("logistic_regression", {{"max_iterations", Value(2)}});
  ASSERT_TRUE(Fit(*learner, Clouds(100, 5, 3, 1)).ok());
  EXPECT_EQ(run_.steps.size(), 2u);
  EXPECT_THAT(run_.notes.back(), HasSubstr("before it converged"));
}

TEST_F(LinearTest, ChecksTaskAndParameters) {
  EXPECT_THAT(Message(Make("linear_svm")->Check(Plane(3, 2).info)), HasSubstr("linear_regression"));
  EXPECT_THAT(Message(Make("linear_regression")->Check(Clouds(3, 2, 2, 1).info)),
              HasSubstr("logistic_regression"));
  DataInfo text;
  text.vocabulary = 256;
  EXPECT_THAT(Message(Make("linear_svm")->Check(text)), HasSubstr("embedding"));
  EXPECT_THAT(Wrong("linear_svm", {{"c", Value(0.0)}}), HasSubstr("learner.c"));
  EXPECT_THAT(Wrong("logistic_regression", {{"penalty", Text("l3")}}),
              HasSubstr("learner.penalty"));
  EXPECT_THAT(Wrong("linear_swm", {}), HasSubstr("linear_svm"));
}

}  // namespace
}  // namespace trainyard::learners
